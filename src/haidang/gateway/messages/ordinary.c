/* A decoder for messages about which there is nothing to say.

It reads JSON once, by a table of fields that Python gives it, straight into the terms: no rule, width, value or code stands here. At anything that is
not plainly right (an unknown, missing or repeated field, an escape, a rare character, an empty text, a wrong number) it gives up and returns None; the
decoder in Python then reads the same bytes and says what there is to say. So this text may refuse too much but must never accept what the other refuses,
nor read it otherwise. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <datetime.h>
#include <stddef.h>
#include <stdint.h>
#include <structmember.h>

/* Types of field, by the letter of the table; MEMBER is an object or a list of objects. */
enum { TEXT = 'A', WIDE = 'W', KEY = 'K', DIGITS = 'N', DECIMAL = 'F', WHOLE = 'I', DAY = 'D', TRUTH = 'B', MEMBER = 'O' };

#define MOST_ROWS 64
#define LONGEST_CODE 16
#define LONGEST_WIDE 1024
#define CODE_BITS 11

typedef struct Reader Reader;

/* One field: its key, what it must be, and where in the term it goes (0: it is only tested). */
typedef struct {
    const char *key;
    Py_ssize_t key_length;
    int kind;
    Py_ssize_t offset;
    Py_ssize_t width;
    int places;         /* decimals that may be written */
    long long unit;     /* what one unit of the last of them counts in the term */
    Py_ssize_t repeat;  /* above 1: a list of at most so many */
    PyObject *values;   /* frozenset of texts, or NULL */
    Reader *member;
} Row;

struct Reader {
    PyObject_HEAD
    PyTypeObject *made;
    PyObject *table; /* keeps keys, sets and readers alive */
    Py_ssize_t row_count;
    Row rows[MOST_ROWS];
    unsigned long long needed;
    Py_ssize_t default_count;
    Py_ssize_t default_offsets[2 * MOST_ROWS];
    PyObject *defaults[2 * MOST_ROWS];
    Py_ssize_t ordinal_offset;            /* of the number of the member in its list, from 1; 0: it has none */
    Py_ssize_t told_offset, asked_offset; /* whether the text at `asked` is one of a set; 0: nothing is told */
    PyObject *told_by;
};

/* A short text as two words, and the object that stands for it. */
typedef struct {
    uint64_t low, high;
    PyObject *text;
} Code;

typedef struct {
    const unsigned char *at;
    const unsigned char *end;
    long long sum; /* of all amounts: while it fits 64 bits, no sum of some of them overflows */
} Message;

/* Which characters of the basic plane are certainly NFC and allowed (one bit each), and the years that a date may lie in. */
static unsigned char certain[8192];
static int first_year = 1, last_year = 0;
static Code codes[1 << CODE_BITS];
static unsigned char classes[256]; /* 0: plain ASCII, 1: ends a run of it */

static inline void skip_space(Message *message) {
    const unsigned char *at = message->at;
    while (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t') at++;
    message->at = at;
}

static inline int take(Message *message, unsigned char wanted) {
    if (*message->at <= ' ') skip_space(message);
    if (*message->at != wanted) return 0;
    message->at++;
    return 1;
}

static inline uint64_t eight(const void *at) {
    uint64_t bytes;
    memcpy(&bytes, at, 8);
    return bytes;
}

/* The first `count` of eight bytes, the others zero; 0 to 8. */
static inline uint64_t first_of_eight(uint64_t bytes, Py_ssize_t count) {
#if PY_LITTLE_ENDIAN
    return count < 8 ? bytes & ((1ull << (8 * count)) - 1) : bytes;
#else
    return count < 8 ? bytes & ~(~0ull >> (8 * count)) : bytes;
#endif
}

static PyObject *ascii_text(const unsigned char *text, Py_ssize_t length) {
    PyObject *made = PyUnicode_New(length, 127);
    if (made) memcpy(PyUnicode_1BYTE_DATA(made), text, length);
    return made;
}

/* Return a short text of ASCII, the same object again where it was met before: codes are few, and their hash is then known. Sixteen bytes can be read. */
static PyObject *code_text(const unsigned char *text, Py_ssize_t length) {
    uint64_t low = first_of_eight(eight(text), length), high = length > 8 ? first_of_eight(eight(text + 8), length - 8) : 0;
    Code *code = &codes[((low ^ high * 0x9E3779B97F4A7C15u) * 0xD6E8FEB86659FD93u) >> (64 - CODE_BITS)];
    if (code->text && code->low == low && code->high == high) return Py_NewRef(code->text);
    PyObject *made = ascii_text(text, length);
    if (made) {
        code->low = low;
        code->high = high;
        Py_XSETREF(code->text, Py_NewRef(made));
    }
    return made;
}

/* Return how many bytes are plain from here on: ASCII without controls, quotation marks and backslashes. The zero byte at the end is not. */
static inline Py_ssize_t plain_run(const unsigned char *from, const unsigned char *end) {
    const unsigned char *at = from;
#if PY_LITTLE_ENDIAN
    const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
    for (; end - at >= 8; at += 8) {
        uint64_t bytes = eight(at), quote = bytes ^ ones * '"', stroke = bytes ^ ones * '\\', deleted = bytes ^ ones * 0x7F;
        uint64_t other = (bytes | (bytes - ones * 0x20) | (quote - ones) | (stroke - ones) | (deleted - ones)) & tops;
        if (other) {
            /* A borrow may tell of a byte behind the first that is not plain, never of one before it. */
            other = ((bytes & tops) | ((bytes - ones * 0x20) & ~bytes & tops) | ((quote - ones) & ~quote & tops) |
                     ((stroke - ones) & ~stroke & tops) | ((deleted - ones) & ~deleted & tops));
            if (other) return at - from + (__builtin_ctzll(other) >> 3);
        }
    }
#endif
    while (!classes[*at]) at++;
    return at - from;
}

/* Return the text that begins at `text` and goes on beyond its first `plain` bytes with characters of two or three bytes, of which all must be certain,
   and ASCII; NULL without an error where it holds others or more than `width` bytes. */
static PyObject *wide_text(Message *message, const unsigned char *text, Py_ssize_t plain, Py_ssize_t width) {
    Py_UCS2 characters[LONGEST_WIDE];
    const unsigned char *at = text;
    Py_ssize_t count = 0;
    unsigned int widest = 0, code;
    if (width > LONGEST_WIDE || plain > width) return NULL;
    while (count < plain) characters[count++] = *at++;
    for (; *at != '"'; characters[count++] = (Py_UCS2)code) {
        if (at - text >= width) return NULL;
        if (!classes[*at]) {
            code = *at++;
            continue;
        }
        if (*at >= 0xC2 && *at < 0xE0 && (at[1] & 0xC0) == 0x80) {
            code = ((*at & 0x1Fu) << 6) | (at[1] & 0x3Fu);
            at += 2;
        } else if (*at >= 0xE0 && *at < 0xF0 && (at[1] & 0xC0) == 0x80 && (at[2] & 0xC0) == 0x80) {
            code = ((*at & 0x0Fu) << 12) | ((at[1] & 0x3Fu) << 6) | (at[2] & 0x3Fu);
            if (code < 0x800) return NULL;
            at += 3;
        } else {
            return NULL;
        }
        if (!(certain[code >> 3] & (1u << (code & 7)))) return NULL;
        widest |= code;
    }
    if (at - text > width) return NULL;
    message->at = at + 1;
    PyObject *made = PyUnicode_New(count, widest < 256 ? 255 : 0xFFFF);
    if (!made) return NULL;
    if (widest >= 256) {
        memcpy(PyUnicode_2BYTE_DATA(made), characters, count * sizeof *characters);
    } else {
        for (Py_ssize_t place = 0; place < count; place++) PyUnicode_1BYTE_DATA(made)[place] = (Py_UCS1)characters[place];
    }
    return made;
}

/* Read a plain decimal as an integer; -1 where it is none of these places or has more than eighteen digits. */
static long long decimal(const unsigned char *text, Py_ssize_t length, int places) {
    long long value = 0;
    int digits = 0, decimals = -1;
    for (Py_ssize_t place = 0; place < length; place++) {
        unsigned char sign = text[place];
        if (sign >= '0' && sign <= '9') {
            if (++digits > 18) return -1;
            value = value * 10 + (sign - '0');
            if (decimals >= 0) decimals++;
        } else if (sign == '.' && decimals < 0 && place > 0) {
            decimals = 0;
        } else {
            return -1;
        }
    }
    if (!digits || decimals == 0 || decimals > places) return -1;
    for (int missing = places - (decimals < 0 ? 0 : decimals); missing > 0; missing--) {
        if (++digits > 18) return -1;
        value *= 10;
    }
    return value;
}

static int number(const unsigned char *text, int length) {
    int value = 0;
    for (int place = 0; place < length; place++) {
        if (text[place] < '0' || text[place] > '9') return -1;
        value = value * 10 + (text[place] - '0');
    }
    return value;
}

/* Return the date of `YYYY-MM-DD`; NULL, with or without an error, where it is none of the years. */
static PyObject *date_of(const unsigned char *text, Py_ssize_t length) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (length != 10 || text[4] != '-' || text[7] != '-') return NULL;
    int year = number(text, 4), month = number(text + 5, 2), day = number(text + 8, 2);
    if (year < first_year || year > last_year || month < 1 || month > 12 || day < 1) return NULL;
    int leap = month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (day > days[month - 1] + leap) return NULL;
    return PyDate_FromDate(year, month, day);
}

static PyObject *read_text(Message *message, const Row *row) {
    if (!take(message, '"')) return NULL;
    const unsigned char *text = message->at;
    Py_ssize_t length = plain_run(text, message->end);
    if (text[length] != '"') return text[length] >= 0x80 && row->kind == WIDE ? wide_text(message, text, length, row->width) : NULL;
    if (!length || length > row->width) return NULL;
    message->at += length + 1;
    switch (row->kind) {
        case DAY:
            return date_of(text, length);
        case DECIMAL: {
            long long value = decimal(text, length, row->places);
            if (value < 0 || __builtin_mul_overflow(value, row->unit, &value) ||
                __builtin_add_overflow(message->sum, value, &message->sum))
                return NULL;
            return PyLong_FromLongLong(value);
        }
        case DIGITS:
            if (length < 11) return NULL;
            for (Py_ssize_t place = 0; place < length; place++)
                if (text[place] < '0' || text[place] > '9') return NULL;
            break;
        case KEY:
            if (memchr(text, ' ', length)) return NULL;
            break;
        default:
            break;
    }
    int is_code = row->width <= LONGEST_CODE && message->end - text >= LONGEST_CODE;
    PyObject *made = is_code ? code_text(text, length) : ascii_text(text, length);
    if (made && row->values && PySet_Contains(row->values, made) != 1) Py_CLEAR(made);
    return made;
}

static PyObject *read_whole(Message *message, const Row *row) {
    skip_space(message);
    long long value = 0;
    Py_ssize_t digits = 0;
    for (; *message->at >= '0' && *message->at <= '9'; message->at++) {
        if (++digits > row->width || digits > 18 || (digits == 2 && value == 0)) return NULL;
        value = value * 10 + (*message->at - '0');
    }
    return value ? PyLong_FromLongLong(value) : NULL;
}

static PyObject *read_truth(Message *message) {
    skip_space(message);
    if (message->end - message->at < 4 || memcmp(message->at, "true", 4) != 0) return NULL;
    message->at += 4;
    return Py_NewRef(Py_True);
}

static PyObject *read_object(Message *message, const Reader *reader, Py_ssize_t ordinal);

static inline PyObject *read_one(Message *message, const Row *row, Py_ssize_t ordinal) {
    switch (row->kind) {
        case WHOLE:
            return read_whole(message, row);
        case TRUTH:
            return read_truth(message);
        case MEMBER:
            return read_object(message, row->member, ordinal);
        default:
            return read_text(message, row);
    }
}

static inline int is_tracked(PyObject *value) { return PyType_IS_GC(Py_TYPE(value)) && PyObject_GC_IsTracked(value); }

static PyObject *read_list(Message *message, const Row *row) {
    PyObject *few[8], **found = few;
    Py_ssize_t count = 0, room = 8;
    PyObject *list = NULL;
    int tracked = 0;
    if (!take(message, '[')) return NULL;
    do {
        if (count == room) {
            PyObject **more = PyMem_Realloc(found == few ? NULL : found, room * 4 * sizeof *more);
            if (!more) {
                PyErr_NoMemory();
                goto done;
            }
            if (found == few) memcpy(more, few, sizeof few);
            found = more;
            room *= 4;
        }
        if (count == row->repeat || !(found[count] = read_one(message, row, count + 1))) goto done;
        tracked |= is_tracked(found[count]);
        count++;
    } while (take(message, ','));
    if (!take(message, ']') || !(list = PyTuple_New(count))) goto done;
    for (Py_ssize_t place = 0; place < count; place++) PyTuple_SET_ITEM(list, place, found[place]);
    count = 0;
    if (!tracked) PyObject_GC_UnTrack(list);
done:
    while (count) Py_DECREF(found[--count]);
    if (found != few) PyMem_Free(found);
    return list;
}

static inline int same_text(const unsigned char *at, const char *key, Py_ssize_t length, Py_ssize_t left) {
    Py_ssize_t place = 0;
    for (; place + 8 <= length; place += 8)
        if (eight(at + place) != eight(key + place)) return 0;
    if (place == length) return 1;
    if (length < 8 || left < place + 8) return memcmp(at + place, key + place, length - place) == 0;
    return eight(at + length - 8) == eight(key + length - 8);
}

/* Return which row has the key that begins here, looked for after the row before first: writers keep an order. -1: none. */
static inline Py_ssize_t find_row(Message *message, const Reader *reader, Py_ssize_t after) {
    Py_ssize_t left = message->end - message->at;
    for (Py_ssize_t tried = 0; tried < reader->row_count; tried++) {
        if (++after == reader->row_count) after = 0;
        const Row *row = &reader->rows[after];
        if (row->key_length < left && message->at[row->key_length] == '"' && same_text(message->at, row->key, row->key_length, left)) {
            message->at += row->key_length + 1;
            return after;
        }
    }
    return -1;
}

#define SLOT(object, offset) (*(PyObject **)((char *)(object) + (offset)))

static int finish(PyObject *made, const Reader *reader, Py_ssize_t ordinal) {
    for (Py_ssize_t place = 0; place < reader->default_count; place++) {
        PyObject **slot = &SLOT(made, reader->default_offsets[place]);
        if (!*slot) *slot = Py_NewRef(reader->defaults[place]);
    }
    if (reader->ordinal_offset && !(SLOT(made, reader->ordinal_offset) = PyLong_FromSsize_t(ordinal))) return 0;
    if (reader->told_offset) {
        int told = PySet_Contains(reader->told_by, SLOT(made, reader->asked_offset));
        if (told < 0) return 0;
        SLOT(made, reader->told_offset) = Py_NewRef(told ? Py_True : Py_False);
    }
    return 1;
}

static PyObject *read_object(Message *message, const Reader *reader, Py_ssize_t ordinal) {
    if (!take(message, '{')) return NULL;
    PyObject *made = reader->made->tp_alloc(reader->made, 0), *value;
    if (!made) return NULL;
    unsigned long long seen = 0;
    Py_ssize_t at = -1;
    int tracked = 0;
    do {
        if (!take(message, '"') || (at = find_row(message, reader, at)) < 0 || (seen >> at) & 1) goto given_up;
        seen |= 1ull << at;
        if (!take(message, ':')) goto given_up;
        const Row *row = &reader->rows[at];
        value = row->repeat > 1 ? read_list(message, row) : read_one(message, row, 0);
        if (!value) goto given_up;
        if (row->offset) {
            SLOT(made, row->offset) = value;
            tracked |= is_tracked(value);
        } else {
            Py_DECREF(value);
        }
    } while (take(message, ','));
    if (!take(message, '}') || (reader->needed & ~seen) || !finish(made, reader, ordinal)) goto given_up;
    /* What is in no cycle need not be looked at by the collector. */
    if (!tracked && PyType_IS_GC(reader->made)) PyObject_GC_UnTrack(made);
    return made;
given_up:
    Py_DECREF(made);
    return NULL;
}

static PyObject *reader_call(PyObject *self, PyObject *arguments, PyObject *keywords) {
    PyObject *raw;
    static char *names[] = {"", NULL};
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "O!", names, &PyBytes_Type, &raw)) return NULL;
    const unsigned char *first = (const unsigned char *)PyBytes_AS_STRING(raw);
    Message message = {first, first + PyBytes_GET_SIZE(raw), 0}; /* a zero byte stands at the end */
    PyObject *made = read_object(&message, (Reader *)self, 0);
    if (made) {
        skip_space(&message);
        if (message.at == message.end) return made;
        Py_DECREF(made);
    }
    if (PyErr_Occurred()) return NULL;
    Py_RETURN_NONE;
}

/* Return where a Struct keeps a field, 0 with an error where it has none. */
static Py_ssize_t offset_of(PyTypeObject *type, PyObject *name) {
    PyObject *found = PyObject_GetAttr((PyObject *)type, name);
    if (!found) return 0;
    Py_ssize_t offset = 0;
    if (Py_IS_TYPE(found, &PyMemberDescr_Type)) {
        PyMemberDef *member = ((PyMemberDescrObject *)found)->d_member;
        if (member->type == T_OBJECT_EX) offset = member->offset;
    }
    Py_DECREF(found);
    if (!offset) PyErr_Format(PyExc_TypeError, "%s keeps no field %R", type->tp_name, name);
    return offset;
}

static int read_row(Reader *self, PyObject *told) {
    Row *row = &self->rows[self->row_count];
    PyObject *attribute, *member;
    int needed;
    if (!PyArg_ParseTuple(told, "s#CUnniLOOp", &row->key, &row->key_length, &row->kind, &attribute, &row->width, &row->repeat,
                          &row->places, &row->unit, &row->values, &member, &needed))
        return 0;
    if (!strchr("AWKNFIDBO", row->kind)) {
        PyErr_Format(PyExc_ValueError, "a field of type %c is read by Python", row->kind);
        return 0;
    }
    if (row->values == Py_None) row->values = NULL;
    if (PyUnicode_GET_LENGTH(attribute) && !(row->offset = offset_of(self->made, attribute))) return 0;
    if ((row->kind == MEMBER) != (Py_TYPE(member) == Py_TYPE(self))) {
        PyErr_SetString(PyExc_TypeError, "a member is read by a reader of its own");
        return 0;
    }
    row->member = (Reader *)member;
    if (needed) self->needed |= 1ull << self->row_count;
    self->row_count++;
    return 1;
}

static PyObject *reader_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords) {
    static char *names[] = {"made", "rows", "defaults", "ordinal", "told", NULL};
    PyTypeObject *made;
    PyObject *rows, *defaults, *ordinal, *told_name, *asked_name, *told_by;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "O!O!O!U(UUO!)", names, &PyType_Type, &made, &PyTuple_Type, &rows, &PyDict_Type,
                                     &defaults, &ordinal, &told_name, &asked_name, &PyFrozenSet_Type, &told_by))
        return NULL;
    if (PyTuple_GET_SIZE(rows) > MOST_ROWS || PyDict_Size(defaults) > 2 * MOST_ROWS) {
        PyErr_SetString(PyExc_ValueError, "more fields than a reader keeps");
        return NULL;
    }
    Reader *self = (Reader *)type->tp_alloc(type, 0);
    if (!self) return NULL;
    self->made = made;
    self->told_by = told_by;
    self->table = PyTuple_Pack(4, made, rows, defaults, told_by);
    if (!self->table) goto failed;
    for (Py_ssize_t at = 0; at < PyTuple_GET_SIZE(rows); at++)
        if (!read_row(self, PyTuple_GET_ITEM(rows, at))) goto failed;
    PyObject *name, *value;
    for (Py_ssize_t at = 0; PyDict_Next(defaults, &at, &name, &value); self->default_count++) {
        self->defaults[self->default_count] = value;
        if (!(self->default_offsets[self->default_count] = offset_of(made, name))) goto failed;
    }
    if (PyUnicode_GET_LENGTH(ordinal) && !(self->ordinal_offset = offset_of(made, ordinal))) goto failed;
    if (PyUnicode_GET_LENGTH(told_name) &&
        (!(self->told_offset = offset_of(made, told_name)) || !(self->asked_offset = offset_of(made, asked_name))))
        goto failed;
    return (PyObject *)self;
failed:
    Py_DECREF(self);
    return NULL;
}

static void reader_free(PyObject *self) {
    Py_XDECREF(((Reader *)self)->table);
    Py_TYPE(self)->tp_free(self);
}

static PyTypeObject reader_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "haidang.gateway.messages.ordinary.Reader",
    .tp_basicsize = sizeof(Reader),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "Reads the bytes of one message into a term; None where the exact decoder has to look.",
    .tp_new = reader_new,
    .tp_call = reader_call,
    .tp_dealloc = reader_free,
};

static PyObject *configure(PyObject *Py_UNUSED(module), PyObject *arguments) {
    Py_buffer bits;
    if (!PyArg_ParseTuple(arguments, "y*ii", &bits, &first_year, &last_year)) return NULL;
    int whole = bits.len == sizeof certain;
    if (whole) memcpy(certain, bits.buf, sizeof certain);
    PyBuffer_Release(&bits);
    if (whole) Py_RETURN_NONE;
    PyErr_SetString(PyExc_ValueError, "one bit for each character of the basic plane");
    return NULL;
}

static PyMethodDef methods[] = {
    {"configure", configure, METH_VARARGS, "Say which characters are certain, one bit each, and the first and last year of a date."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ordinary",
    .m_doc = "A decoder for messages about which there is nothing to say, built where a C compiler is.",
    .m_size = -1,
    .m_methods = methods,
};

PyMODINIT_FUNC PyInit_ordinary(void) {
    PyDateTime_IMPORT;
    if (!PyDateTimeAPI || PyType_Ready(&reader_type) < 0) return NULL;
    for (int code = 0; code < 256; code++) classes[code] = code < 0x20 || code >= 0x7F || code == '"' || code == '\\';
    PyObject *module = PyModule_Create(&definition);
    if (module && PyModule_AddObjectRef(module, "Reader", (PyObject *)&reader_type) < 0) Py_CLEAR(module);
    return module;
}
