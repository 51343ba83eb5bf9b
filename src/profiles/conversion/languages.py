"""ORCID's language codes for what DataCite records call a language.

ORCID knows 186: two letters, some of them old (`iw` Hebrew, `in` Indonesian, `ji` Yiddish), and
Chinese only as `zh_CN` and `zh_TW`.
"""

from __future__ import annotations

from functools import lru_cache

# ORCID's code, then ISO 639-2 or 639-3 (both forms where they differ) and the English name where
# that is one word.
_LANGUAGES = """
    aa aar afar; ab abk abkhazian; ae ave avestan; af afr afrikaans; ak aka akan; am amh
    amharic; an arg aragonese; ar ara arabic; as asm assamese; av ava avaric; ay aym aymara;
    az aze azerbaijani; ba bak bashkir; be bel belarusian; bg bul bulgarian; bh bih; bi bis
    bislama; bm bam bambara; bn ben bengali; bo bod tib tibetan; br bre breton; bs bos
    bosnian; ca cat catalan; ce che chechen; ch cha chamorro; co cos corsican; cr cre cree;
    cs ces cze czech; cu chu; cv chv chuvash; cy cym wel welsh; da dan danish; de deu ger
    german; dv div divehi; dz dzo dzongkha; ee ewe ewe; el ell gre greek; en eng english; eo
    epo esperanto; es spa spanish; et est estonian; eu eus baq basque; fa fas per persian;
    ff ful fulah; fi fin finnish; fj fij fijian; fo fao faroese; fr fra fre french; fy fry;
    ga gle irish; gd gla; gl glg galician; gn grn guarani; gu guj gujarati; gv glv manx; ha
    hau hausa; hi hin hindi; ho hmo; hr hrv croatian; ht hat haitian; hu hun hungarian; hy
    hye arm armenian; hz her herero; ia ina interlingua; ie ile interlingue; ig ibo igbo; ii
    iii; ik ipk inupiaq; in ind indonesian; io ido ido; is isl ice icelandic; it ita
    italian; iu iku inuktitut; iw heb hebrew; ja jpn japanese; ji yid yiddish; jv jav
    javanese; ka kat geo georgian; kg kon kongo; ki kik kikuyu; kj kua kuanyama; kk kaz
    kazakh; kl kal kalaallisut; km khm khmer; kn kan kannada; ko kor korean; kr kau kanuri;
    ks kas kashmiri; ku kur kurdish; kv kom komi; kw cor cornish; ky kir kirghiz; la lat
    latin; lb ltz luxembourgish; lg lug ganda; li lim limburgan; ln lin lingala; lo lao lao;
    lt lit lithuanian; lu lub luba-katanga; lv lav latvian; mg mlg malagasy; mh mah
    marshallese; mi mri mao maori; mk mkd mac macedonian; ml mal malayalam; mn mon
    mongolian; mo mol moldavian; mr mar marathi; ms msa may malay; mt mlt maltese; my mya
    bur burmese; na nau nauru; nb nob; nd nde; ne nep nepali; ng ndo ndonga; nl nld dut
    dutch; nn nno; no nor norwegian; nr nbl; nv nav navajo; ny nya chichewa; oc oci occitan;
    oj oji ojibwa; om orm oromo; or ori oriya; os oss ossetian; pa pan panjabi; pi pli pali;
    pl pol polish; ps pus pushto; pt por portuguese; qu que quechua; rm roh romansh; rn run
    rundi; ro ron rum romanian; ru rus russian; rw kin kinyarwanda; sa san sanskrit; sc srd
    sardinian; sd snd sindhi; se sme; sg sag sango; si sin sinhala; sk slk slo slovak; sl
    slv slovenian; sm smo samoan; sn sna shona; so som somali; sq sqi alb albanian; sr srp
    serbian; ss ssw swati; st sot; su sun sundanese; sv swe swedish; sw swa swahili; ta tam
    tamil; te tel telugu; tg tgk tajik; th tha thai; ti tir tigrinya; tk tuk turkmen; tl tgl
    tagalog; tn tsn tswana; to ton tonga; tr tur turkish; ts tso tsonga; tt tat tatar; tw
    twi twi; ty tah tahitian; ug uig uighur; uk ukr ukrainian; ur urd urdu; uz uzb uzbek; ve
    ven venda; vi vie vietnamese; vo vol volapük; wa wln walloon; wo wol wolof; xh xho
    xhosa; yo yor yoruba; za zha zhuang; zu zul zulu
"""
_CODES: dict[str, str] = {
    spelling: row.split()[0] for row in _LANGUAGES.split(";") for spelling in row.split()
}
_CODES |= {"he": "iw", "id": "in", "yi": "ji"}  # the ISO codes of today
_CODES |= {"deutsch": "de", "français": "fr", "español": "es", "português": "pt"}
_CODES |= {"italiano": "it", "русский": "ru", "polski": "pl", "norwegian": "no", "greek": "el"}

# Chinese needs its script or place: the bare code does not say which of ORCID's two it is.
_CHINESE = ("zh", "zho", "chi", "cmn")
_SIMPLIFIED = {"cn", "hans", "sg"}
_TRADITIONAL = {"tw", "hant", "hk", "mo"}

ORCID_CODES = frozenset(_CODES.values()) | {"zh_CN", "zh_TW"}


@lru_cache(maxsize=1024)
def language_code(language: str) -> str | None:
    """ORCID's code for "en", "en-US", "eng", "English"; None where it has none or it is unclear."""
    code, *more = language.strip().lower().replace("_", "-").split("-")
    if code in _CHINESE:
        if _SIMPLIFIED.intersection(more):
            return "zh_CN"
        return "zh_TW" if _TRADITIONAL.intersection(more) else None
    return _CODES.get(code)
