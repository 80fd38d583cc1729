"""The route table: every path of `/api/v1`, which lane takes it, and who may call it. The OpenAPI description is generated from it."""

from msgspec import Struct

LANES = ("general", "parcels", "conditions", "gates")
PAGES = "pages"
"""The process of the pages, which answers what everybody asks of the tariff: no flood of look-ups stands before a declaration."""


class Route(Struct, frozen=True, kw_only=True):
    """One operation. `kind` names the message the lane reads (POST) or the question asked (GET); `signed` whether a signature is needed.

    `path` may hold `{name}` parts. `public` operations need no token. `asked` is a POST that is no act of law: it is answered like a question and
    goes through no lane.
    """

    method: str
    path: str
    lane: str
    kind: str
    summary_vi: str
    summary_en: str
    signed: bool = False
    public: bool = False
    asked: bool = False


ROUTES = (
    Route(
        method="POST", path="/api/v1/declarations", lane="general", kind="lodgement", signed=True,
        summary_vi="Khai và đăng ký tờ khai trong một thông điệp đã ký",
        summary_en="Lodge: draft and register a declaration in one signed message",
    ),
    Route(
        method="POST", path="/api/v1/drafts", lane="general", kind="draft",
        summary_vi="Khai tạm (IDA, EDA): được số và số thuế, chưa có giá trị pháp lý",
        summary_en="Save a draft (IDA, EDA): a number and the taxes, no legal effect",
    ),
    Route(
        method="POST", path="/api/v1/registrations", lane="general", kind="registration", signed=True,
        summary_vi="Đăng ký chính thức bản khai tạm (IDC, EDC)",
        summary_en="Register a draft (IDC, EDC)",
    ),
    Route(
        method="GET", path="/api/v1/declarations/{declaration_no}", lane="general", kind="declaration",
        summary_vi="Trạng thái, thuế và điều kiện còn mở của một tờ khai",
        summary_en="State, taxes and open conditions of a declaration",
    ),
    Route(
        method="GET", path="/api/v1/declarations", lane="general", kind="declarations",
        summary_vi="Các tờ khai của mình, mới nhất trước",
        summary_en="One's own declarations, newest first",
    ),
    Route(
        method="POST", path="/api/v1/payments", lane="conditions", kind="payment", signed=True,
        summary_vi="Ngân hàng báo đã thu thuế",
        summary_en="A bank says that tax was paid",
    ),
    Route(
        method="POST", path="/api/v1/arrivals", lane="conditions", kind="arrival", signed=True,
        summary_vi="Cảng, kho báo hàng đã đến",
        summary_en="A port or warehouse says that the goods arrived",
    ),
    Route(
        method="POST", path="/api/v1/results", lane="conditions", kind="result", signed=True,
        summary_vi="Kết quả kiểm tra, giấy phép hoặc điều kiện khác",
        summary_en="The result of a check, a permit or another condition",
    ),
    Route(
        method="POST", path="/api/v1/acts", lane="conditions", kind="act", signed=True,
        summary_vi="Công chức xử lý hồ sơ; người khai trả lời câu hỏi của hải quan",
        summary_en="What an officer does with a file; a declarant's answer to a question",
    ),
    Route(
        method="POST", path="/api/v1/guarantees", lane="conditions", kind="guarantee", signed=True,
        summary_vi="Ngân hàng gửi bảo lãnh thuế riêng hoặc chung",
        summary_en="A bank puts a guarantee of taxes on file, for one declaration or general",
    ),
    Route(
        method="POST", path="/api/v1/goods-lists", lane="conditions", kind="goods_list", signed=True,
        summary_vi="Công chức đưa danh mục hàng miễn thuế của doanh nghiệp vào hệ thống để trừ lùi",
        summary_en="An officer puts a trader's list of exempt goods or tariff quota licence on file, to be drawn down",
    ),
    Route(
        method="POST", path="/api/v1/ruling-applications", lane="conditions", kind="ruling_application", signed=True,
        summary_vi="Đề nghị xác định trước mã số, trị giá hoặc xuất xứ",
        summary_en="Apply for an advance ruling on a code, a value or an origin",
    ),
    Route(
        method="POST", path="/api/v1/ruling-steps", lane="conditions", kind="ruling_step", signed=True,
        summary_vi="Bổ sung, đề nghị xem xét lại; công chức xử lý hồ sơ xác định trước",
        summary_en="Supplement a file of an advance ruling, ask for a review; what officers do in it",
    ),
    Route(
        method="GET", path="/api/v1/rulings", lane="general", kind="rulings",
        summary_vi="Các hồ sơ xác định trước của mình",
        summary_en="One's own files of advance rulings",
    ),
    Route(
        method="GET", path="/api/v1/rulings/{ruling_no}", lane="general", kind="ruling",
        summary_vi="Một hồ sơ xác định trước, theo số đơn hoặc số văn bản",
        summary_en="A file of an advance ruling, by the number of the application or of the ruling",
    ),
    Route(
        method="GET", path="/api/v1/published-rulings", lane="general", kind="published_rulings", public=True,
        summary_vi="Các văn bản xác định trước đang có hiệu lực, không nêu doanh nghiệp",
        summary_en="The advance rulings in force, without whose they are",
    ),
    Route(
        method="POST", path="/api/v1/amendments", lane="conditions", kind="amendment", signed=True,
        summary_vi="Khai sửa tờ khai trước thông quan (IDA01 với IDE, EDA01 với EDE) trong một thông điệp đã ký",
        summary_en="Amend a declaration before clearance (IDA01 with IDE, EDA01 with EDE) in one signed message",
    ),
    Route(
        method="POST", path="/api/v1/supplements", lane="conditions", kind="supplement", signed=True,
        summary_vi="Hoàn chỉnh tờ khai đã đăng ký khi chưa hoàn chỉnh",
        summary_en="Complete a declaration that was registered incomplete",
    ),
    Route(
        method="POST", path="/api/v1/cancellations", lane="conditions", kind="cancellation", signed=True,
        summary_vi="Đề nghị hủy tờ khai",
        summary_en="Ask for a declaration to be cancelled",
    ),
    Route(
        method="POST", path="/api/v1/cancellation-results", lane="conditions", kind="cancellation_result", signed=True,
        summary_vi="Công chức đề xuất chấp nhận hoặc từ chối hủy tờ khai",
        summary_en="An officer proposes that a cancellation be approved or refused",
    ),
    Route(
        method="POST", path="/api/v1/cleared-amendments", lane="conditions", kind="cleared_amendment", signed=True,
        summary_vi="Khai bổ sung sau thông quan (AMA và AMC) trong một thông điệp đã ký",
        summary_en="Amend a declaration after clearance (AMA and AMC) in one signed message",
    ),
    Route(
        method="POST", path="/api/v1/assessments", lane="conditions", kind="assessment", signed=True,
        summary_vi="Công chức đề xuất ấn định thuế",
        summary_en="An officer proposes that taxes be assessed ex officio",
    ),
    Route(
        method="POST", path="/api/v1/decisions", lane="conditions", kind="decision", signed=True,
        summary_vi="Công chức quyết định việc khai bổ sung, ấn định thuế hoặc hủy tờ khai",
        summary_en="An officer decides on an amendment after clearance, an assessment or a cancellation",
    ),
    Route(
        method="POST", path="/api/v1/parcels", lane="parcels", kind="parcel_list", signed=True,
        summary_vi="Khai danh sách hàng trị giá thấp (MIC, MEC): tới 1.000 lô, mỗi lô một câu trả lời",
        summary_en="Lodge a list of low-value parcels (MIC, MEC): up to 1,000, an answer for each",
    ),
    Route(
        method="POST", path="/api/v1/parcel-amendments", lane="parcels", kind="parcel_amendment", signed=True,
        summary_vi="Khai sửa các lô của một danh sách trước thông quan (MIE, MEE): tới 1.000 lô, mỗi lô một câu trả lời",
        summary_en="Amend parcels of a list before clearance (MIE, MEE): up to 1,000, an answer for each",
    ),
    Route(
        method="POST", path="/api/v1/parcel-cancellations", lane="parcels", kind="parcel_cancellation", signed=True,
        summary_vi="Đề nghị hủy các lô của một danh sách trước thông quan: tới 1.000 lô, mỗi lô một câu trả lời",
        summary_en="Ask for parcels of a list to be cancelled before clearance: up to 1,000, an answer for each",
    ),
    Route(
        method="POST", path="/api/v1/parcel-acts", lane="conditions", kind="parcel_act", signed=True,
        summary_vi="Công chức giữ, kiểm tra, giải tỏa một lô hàng hoặc quyết định việc hủy",
        summary_en="An officer holds, checks or releases one parcel, or decides on its cancellation",
    ),
    Route(
        method="GET", path="/api/v1/parcels/{parcel_no}", lane="general", kind="parcel",
        summary_vi="Trạng thái, thuế, điều kiện của một lô và bằng chứng lô nằm trong danh sách",
        summary_en="State, taxes and conditions of a parcel, and the proof that it stands in its list",
    ),
    Route(
        method="GET", path="/api/v1/parcel-lists/{list_no}", lane="general", kind="parcel_list_view",
        summary_vi="Một danh sách hàng trị giá thấp: thuế, điều kiện, số lô theo trạng thái",
        summary_en="A list of parcels: taxes, conditions, how many parcels stand where",
    ),
    Route(
        method="GET", path="/api/v1/declarations/{declaration_no}/versions", lane="general", kind="versions",
        summary_vi="Các lần khai của một tờ khai, từng chỉ tiêu đã sửa",
        summary_en="The versions of a declaration, what each changed field by field",
    ),
    Route(
        method="GET", path="/api/v1/declarations/{declaration_no}/split", lane="general", kind="split",
        summary_vi="Tờ khai dưới dạng bộ tờ khai chia nhỏ 50 dòng của hệ thống cũ (FIC, BNO, DNO)",
        summary_en="A declaration as the set of 50 lines each that the old system takes (FIC, BNO, DNO)",
    ),
    Route(
        method="GET", path="/api/v1/declarations/{declaration_no}/receipt", lane="general", kind="receipt",
        summary_vi="Bảng tính thuế: từng đồng từ trị giá, thuế suất, làm tròn đến văn bản; JSON hoặc PDF",
        summary_en="The tax receipt: each đồng from base, rate and rounding to instrument; JSON or PDF",
    ),
    Route(
        method="GET", path="/api/v1/declarations/{declaration_no}/served", lane="general", kind="served",
        summary_vi="Những gì đã tống đạt về một tờ khai: gửi, nhận, mở lúc nào",
        summary_en="What was served about a declaration: when each was sent, delivered, first opened",
    ),
    Route(
        method="GET", path="/api/v1/parcel-lists/{list_no}/served", lane="general", kind="parcels_served",
        summary_vi="Những gì đã tống đạt về một danh sách và các lô hàng của nó: gửi, nhận, mở lúc nào",
        summary_en="What was served about a list and its parcels: when each was sent, delivered, first opened",
    ),
    Route(
        method="GET", path="/api/v1/served/{service_no}", lane="general", kind="service",
        summary_vi="Mở một quyết định hoặc yêu cầu đã tống đạt, kèm bằng chứng tống đạt",
        summary_en="Open a decision or request that was served, with the proof of its service",
    ),
    Route(
        method="POST", path="/api/v1/conversions", lane="general", kind="conversion", asked=True,
        summary_vi="Chuyển tệp Excel, CSV, JSON hoặc XML thành tờ khai sẵn sàng để ký; hoặc nhận lại bảng tính có đánh dấu lỗi",
        summary_en="Turn an Excel, CSV, JSON or XML file into a declaration ready to sign; or get a table back with what is wrong marked",
    ),
    Route(
        method="GET", path="/api/v1/conversions", lane="general", kind="template", public=True,
        summary_vi="Sổ tính trống, với tên và giới hạn của từng chỉ tiêu",
        summary_en="The empty workbook, with the names and limits of every field",
    ),
    Route(
        method="GET", path="/api/v1/subscriptions", lane="general", kind="subscriptions",
        summary_vi="Các địa chỉ nhận thông báo của mình",
        summary_en="Where one's own notices are sent",
    ),
    Route(
        method="GET", path="/api/v1/deliveries", lane="general", kind="deliveries",
        summary_vi="Các thông báo gửi cho mình, mới nhất trước, với từng lần gửi",
        summary_en="The notices owed to oneself, newest first, with every attempt to deliver them",
    ),
    Route(
        method="POST", path="/api/v1/deliveries/{delivery_id}/retries", lane="general", kind="retry", asked=True,
        summary_vi="Gửi lại một thông báo",
        summary_en="Deliver one notice once more",
    ),
    Route(
        method="POST", path="/api/v1/replays", lane="general", kind="replay", asked=True,
        summary_vi="Gửi lại mọi thông báo của một chủ đề từ một thời điểm",
        summary_en="Deliver every notice of a topic since an instant once more",
    ),
    Route(
        method="POST", path="/api/v1/documents", lane="general", kind="document",
        summary_vi="Nộp một chứng từ (HYS): được số để ghi vào tờ khai; cùng tệp thì cùng số",
        summary_en="Give a document (HYS): a number to refer to; the same file gets the same number",
    ),
    Route(
        method="GET", path="/api/v1/documents/{document_no}", lane="general", kind="document_facts",
        summary_vi="Thông tin của một chứng từ: loại, chỉ tiêu, SHA-256",
        summary_en="What is known of a document: type, fields, SHA-256",
    ),
    Route(
        method="GET", path="/api/v1/documents/{document_no}/content", lane="general", kind="document_content",
        summary_vi="Tải tệp của một chứng từ; mỗi lần hải quan tải đều được ghi lại",
        summary_en="Download the file of a document; each download by customs is logged",
    ),
    Route(
        method="GET", path="/api/v1/tariff/codes", lane=PAGES, kind="tariff_codes", public=True,
        summary_vi="Tìm mã hàng theo từ trong tên (có dấu hay không) hoặc số đầu của mã, theo luật của một ngày",
        summary_en="Find commodity codes by words of their names, with or without diacritics, or by digits, as of a day",
    ),
    Route(
        method="GET", path="/api/v1/tariff/codes/{commodity_code}", lane=PAGES, kind="tariff_code", public=True,
        summary_vi="Mọi mức thuế, giấy phép, kiểm tra của một mã hàng theo luật của một ngày",
        summary_en="Every measure, permit and inspection of a commodity code as of a day",
    ),
    Route(
        method="GET", path="/api/v1/tariff/tree", lane=PAGES, kind="tariff_tree", public=True,
        summary_vi="Cây danh mục hàng hóa: những gì đứng ngay dưới một chương, nhóm hoặc phân nhóm",
        summary_en="The tree of the nomenclature: what stands one step below a chapter, heading or subheading",
    ),
    Route(
        method="GET", path="/api/v1/tariff/quotes", lane=PAGES, kind="tariff_quote", public=True,
        summary_vi="Tính thử thuế một dòng hàng: mọi mức thuế nhập khẩu có thể, rẻ nhất trước, và từng đồng của mức được chọn",
        summary_en="What a line of goods would pay: every import duty possible, cheapest first, and each đồng of the one chosen",
    ),
    Route(
        method="GET", path="/api/v1/tariff/classification", lane=PAGES, kind="tariff_classification", public=True,
        summary_vi="Gợi ý mã hàng từ mô tả hàng hóa, kèm lý do và độ tin cậy; không phải quyết định phân loại",
        summary_en="Codes that a description of goods speaks for, with what speaks for each and how often it is right; no decision",
    ),
    Route(
        method="GET", path="/api/v1/openapi.json", lane="general", kind="openapi", public=True,
        summary_vi="Mô tả OpenAPI 3.1",
        summary_en="OpenAPI 3.1 description",
    ),
    Route(
        method="GET", path="/api/v1", lane="general", kind="page", public=True,
        summary_vi="Trang mô tả giao diện này",
        summary_en="The page that describes this interface",
    ),
    Route(
        method="GET", path="/api/v1/health", lane="general", kind="health", public=True,
        summary_vi="Hệ thống có đang nhận thông điệp không",
        summary_en="Whether messages are being taken",
    ),
)  # fmt: skip


class Match(Struct, frozen=True):
    """A route found for a request, with the values of its `{name}` parts."""

    route: Route
    parts: dict[str, str]


class RouteTable:
    """Finds routes: exact paths by dictionary, the few with one `{name}` part by what stands before and after it."""

    def __init__(self, routes: tuple[Route, ...] = ROUTES) -> None:
        self._exact = {(r.method, r.path): Match(r, {}) for r in routes if "{" not in r.path}
        self._patterned = {(r.method, *_around(r.path)): r for r in routes if "{" in r.path}

    def find(self, method: str, path: str) -> Match | None:
        """Return the route of a request, or None."""
        match = self._exact.get((method, path))
        if match is not None:
            return match
        parent, _, last = path.rpartition("/")
        above, _, middle = parent.rpartition("/")
        for before, value, after in ((parent, last, ""), (above, middle, last)):
            route = self._patterned.get((method, before, after))
            if route is not None and value:
                return Match(route, {route.path.partition("{")[2].partition("}")[0]: value})
        return None

    def methods(self, path: str) -> tuple[str, ...]:
        """Return the methods that are taken at this path, in alphabetical order."""
        known = {method for method, *_ in (*self._exact, *self._patterned)}
        return tuple(sorted(method for method in known if self.find(method, path)))


def _around(path: str) -> tuple[str, str]:
    """Return what stands before a `{name}` part and after it, without the strokes next to it."""
    before, _, rest = path.partition("{")
    return before.rstrip("/"), rest.partition("}")[2].lstrip("/")
