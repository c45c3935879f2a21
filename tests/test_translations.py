"""Each language is its own: nothing was copied from another. That nothing is missing, `test_sentences` says."""

import re
from functools import cache
from io import BytesIO
from itertools import chain

from babel.messages.pofile import read_po

from tests.architecture import ROOT

CATALOGUES = ROOT / "config" / "translations"
# Values and quoted examples are no words of the language.
NO_WORDS = re.compile(r"\{[^}]*\}|«[^»]*»|“[^”]*”|\"[^\"]*\"")
CYRILLIC_WORD = re.compile(r"[а-яёәғқңөұүһі]{3,}", re.IGNORECASE)
KAZAKH_LETTER = re.compile(r"[әғқңөұүһі]", re.IGNORECASE)
# Words and units that Kazakh writes as Russian does.
SHARED = {
    "Файл",
    "Операция",
    "АГСК-3",
    "редактор",
    "банк",
    "аудитор",
    "Материал",
    "алюминий",
    "полиэтилен",
    "полипропилен",
    "ПВХ",
    "битум",
    "Балл",
    "дилер",
    "Телефон",
    "Бюджет",
    "Код",
    "дал",
    "мкг",
    "кар",
    "мин",
    "кВт",
    "МВт",
    "кВА",
    "кВт·ч",
    "кПа",
    "МПа",
    "бар",
    "дюйм",
    "ГОСТ 8732",
    "КАТО",
    "ОКЭД",
    "КПВЭД",
    "ТН ВЭД",
    "ЕНС ТРУ",
}
# Names that are said as they are: the official Russian name of regions, an example.
NAMES = {"region.33", "region.62", "web.registration.name_hint"}
# Names of things of this country that English keeps, since its readers meet them in no other form.
KEPT_IN_ENGLISH = re.compile(
    r"БИН|ИИН|ТН ВЭД|КПВЭД|ЕНС ТРУ|КАТО|ОКЭД|АГСК(-3)?|КТП|СТ-KZ|СТ РК|ГОСТ|ЭЦП|МКЕИ|ДВЦ|ЕАЭС|ВЭД|РК|ТОО|АО|ИП"
)


@cache
def said(lang: str) -> dict[str, tuple[str, ...]]:
    """Code to the forms of its sentence, without values and quotations."""
    found = {}
    for path in sorted((CATALOGUES / lang).glob("*.po")):
        for entry in read_po(BytesIO(path.read_bytes()), locale=lang):
            if entry.id:
                forms = (entry.string,) if isinstance(entry.string, str) else tuple(entry.string or ())
                found[entry.id if isinstance(entry.id, str) else entry.id[0]] = tuple(
                    NO_WORDS.sub("", form) for form in forms
                )
    return found


def test_kazakh_is_no_copy_of_russian() -> None:
    copied = [
        f"{code}: {forms[0]}"
        for code, forms in said("kk").items()
        if forms[0] == said("ru")[code][0] and CYRILLIC_WORD.search(forms[0]) and forms[0] not in SHARED
    ]
    assert copied == []


def test_what_is_shared_is_still_said() -> None:
    assert set(chain.from_iterable(said("kk").values())) >= SHARED


def test_russian_and_english_hold_no_kazakh() -> None:
    wrong = [
        f"{lang} {code}: {form}"
        for lang, letters, kept in (("ru", KAZAKH_LETTER, None), ("en", CYRILLIC_WORD, KEPT_IN_ENGLISH))
        for code, forms in said(lang).items()
        for form in forms
        if code not in NAMES and letters.search(kept.sub("", form) if kept else form)
    ]
    assert wrong == []
