"""What is said when a command is not called as it can be used: Vietnamese first, the words of the parser beside it, and where to read how."""

from typing import Any

from typer.exceptions import TyperException

_KINDS = {
    "MissingParameter": "Thiếu {what}.",
    "NoSuchOption": "Không có tùy chọn {what}.",
    "BadOptionUsage": "Tùy chọn {what} dùng chưa đúng.",
    "BadArgumentUsage": "Tham số dùng chưa đúng.",
    "BadParameter": "Giá trị của {what} không hợp lệ.",
    "FileError": "Không mở được tệp {what}.",
}
_BY_BEGINNING = {
    "No such command": "Không có lệnh này.",
    "Got unexpected extra argument": "Thừa tham số.",
    "Missing command": "Thiếu tên lệnh.",
}
_OTHER = "Lệnh gọi chưa đúng cách."


def misuse(error: TyperException) -> str:
    """Return what was wrong with a call, in both languages, and how to read what the command takes; the help itself where that was the answer."""
    told: Any = error
    if type(error).__name__ == "NoArgsIsHelpError":
        return str(told.message)
    english = told.format_message().rstrip(".")
    lines = [f"{_vietnamese(told, english)}", f"{english}."]
    if context := getattr(told, "ctx", None):
        lines.append(f"Cách dùng · usage: {context.command_path} --help")
    return "\n".join(lines)


def _vietnamese(error: Any, english: str) -> str:
    pattern = _KINDS.get(type(error).__name__)
    if pattern is None:
        return next((text for beginning, text in _BY_BEGINNING.items() if english.startswith(beginning)), _OTHER)
    return pattern.format(what=_what(error)).replace(" .", ".")


def _what(error: Any) -> str:
    """Return what an error is about as people write it: the option, the name of the argument, the file."""
    for name in ("option_name", "ui_filename"):
        if found := getattr(error, name, None):
            return str(found)
    hint = error.param_hint or (error.param.get_error_hint() if getattr(error, "param", None) else "")
    return hint if isinstance(hint, str) else " / ".join(hint)
