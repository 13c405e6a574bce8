"""Files that people hand in: their type is found from their content, never believed from their name."""

import io
import re
import unicodedata
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath

import filetype

from marketplace.kit.errors import Invalid

OOXML = "application/vnd.openxmlformats-officedocument."
KINDS = {  # ending: (media type, how people call it)
    "pdf": ("application/pdf", "PDF"),
    "docx": (f"{OOXML}wordprocessingml.document", "Word document"),
    "xlsx": (f"{OOXML}spreadsheetml.sheet", "Excel workbook"),
    "odt": ("application/vnd.oasis.opendocument.text", "OpenDocument text"),
    "ods": ("application/vnd.oasis.opendocument.spreadsheet", "OpenDocument spreadsheet"),
    "csv": ("text/csv", "CSV"),
    "txt": ("text/plain", "plain text"),
    "png": ("image/png", "PNG picture"),
    "jpg": ("image/jpeg", "JPEG picture"),
}
ALLOWED = "PDF, Word (.docx), Excel (.xlsx), OpenDocument (.odt, .ods), CSV, plain text, PNG or JPEG"
ACCEPT = ",".join(f".{ending}" for ending in (*KINDS, "jpeg"))
_ZIPPED = {"docx": "word/", "xlsx": "xl/", "odt": "content.xml", "ods": "content.xml"}
_MACROS = ("vbaproject.bin", "basic/", "scripts/")
_MOST_UNPACKED = 200 * 1024 * 1024
_MOST_RATIO = 200  # ordinary office files pack 5 to 20 times; a bomb thousands
_MOST_ENTRIES = 5000


@dataclass(frozen=True)
class Upload:
    """A checked file: a harmless name, its media type by content, and its bytes."""

    name: str
    media_type: str
    content: bytes


def check_upload(file_name: str, content: bytes, *, most_bytes: int, field: str = "file") -> Upload:
    """The file, if it is one of the allowed kinds by its content. Raises Invalid (at `field`) with what to do."""
    if not content:
        raise Invalid("The file is empty.", "", "Choose another file.", field=field)
    if len(content) > most_bytes:
        raise Invalid(
            f"The file is larger than {most_bytes // 1024 // 1024} MB.",
            "",
            "Choose a smaller file, or split it.",
            field=field,
        )
    name = clean_file_name(file_name)
    ending = PurePosixPath(name).suffix.lower().removeprefix(".").replace("jpeg", "jpg")
    if ending not in KINDS:
        raise Invalid(
            "This kind of file cannot be taken.",
            "Its name ends with none of the endings allowed.",
            f"Save it as {ALLOWED} and choose it again.",
            field=field,
        )
    found = _kind_of(content)
    if found in ("txt", "csv") and ending in ("txt", "csv"):
        found = ending
    if found != ending:
        what = KINDS[found][1] if found else "none of the allowed kinds"
        raise Invalid(
            f"The file is called {ending.upper()}, but what is in it is {what}.",
            "Its name and its content must agree.",
            f"Save it as {ALLOWED} and choose it again.",
            field=field,
        )
    if ending in _ZIPPED:
        _check_zip(content, field)
    return Upload(name, KINDS[ending][0], content)


def clean_file_name(given: str) -> str:
    """The last part of a file's name, without what could mislead a reader or a disk; "file" when nothing is left."""
    name = unicodedata.normalize("NFC", given).replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(char for char in name if unicodedata.category(char)[0] != "C")
    name = re.sub(r'[<>:"|?*]', "_", name).strip(" .")
    stem, dot, ending = name.rpartition(".")
    return f"{stem[:120]}{dot}{ending[:10]}" if dot else name[:120] or "file"


def _kind_of(content: bytes) -> str | None:
    """The ending that the content deserves, or None."""
    if content[:4] == b"PK\x03\x04":
        return _zipped_kind(content)
    guess = filetype.guess(content)
    if guess is not None:
        return guess.extension if guess.extension in KINDS else None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return "txt" if not any(ord(char) < 32 and char not in "\t\r\n\f" for char in text) else None


def _zipped_kind(content: bytes) -> str | None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            if "[Content_Types].xml" in names:
                return next(
                    (kind for kind in ("docx", "xlsx") if any(name.startswith(_ZIPPED[kind]) for name in names)), None
                )
            if "mimetype" in names and archive.getinfo("mimetype").file_size < 200:
                declared = archive.read("mimetype").decode("ascii", "replace").strip()
                return next((kind for kind in ("odt", "ods") if KINDS[kind][0] == declared), None)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, OSError, EOFError):
        pass
    return None


def _check_zip(content: bytes, field: str) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > _MOST_ENTRIES or unpacked > _MOST_UNPACKED or unpacked > _MOST_RATIO * max(len(content), 10_000):
        raise Invalid(
            "The file unpacks to far more than its size.",
            "Such files are used to choke the reader's computer.",
            "Save it as PDF and choose that.",
            field=field,
        )
    if any(entry.flag_bits & 1 for entry in entries):
        raise Invalid(
            "The file is protected by a password.",
            "Readers could not open it.",
            "Save it without a password.",
            field=field,
        )
    if any(mark in entry.filename.lower() for entry in entries for mark in _MACROS):
        raise Invalid(
            "The file has macros in it.",
            "Macros are programs that run on the reader's computer.",
            "Save it without macros, or as PDF.",
            field=field,
        )
