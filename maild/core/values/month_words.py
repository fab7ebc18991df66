"""Names of the months in the languages that mail comes in: data, no logic."""

from __future__ import annotations

_MONTHS: tuple[str, ...] = (
    "januar january jan januari janúar tammikuu tammikuuta tammik tammi jänner janvier janv enero ene gennaio gen"
    " janeiro"
    " ianuarie ian styczeń stycznia sty leden ledna január január ocak января янв січня siječnja sij jaanuar",
    "februar february feb februari febr febrúar helmikuu helmikuuta helmik helmi februar februar feber février févr"
    " fév febrero"
    " febbraio febb fevereiro fev februarie luty lutego lut únor února február şubat февраля фев лютого veljače",
    "mars march mar marts märz mrz maaliskuu maaliskuuta maalisk maalis maart mrt marzo março martie marzec marca"
    " březen března"
    " březn marec március márc mart марта мар березня ožujka märts",
    "april apr apríl huhtikuu huhtikuuta huhtik huhti avril avr abril abr aprile aprilie kwiecień kwietnia kwi"
    " duben dubna"
    " április ápr nisan апреля апр квітня travnja aprill",
    "mai may maj maí toukokuu toukokuuta toukok touko mayo maggio mag maio mei květen května máj május máj mayıs"
    " мая травня"
    " svibnja",
    "juni june jun júní kesäkuu kesäkuuta kesäk kesä juin junio giugno giu junho iunie iun czerwiec czerwca cze"
    " červen června"
    " jún június jún haziran июня июн червня lipnja juuni",
    "juli july jul júlí heinäkuu heinäkuuta heinäk heinä juillet juil julio luglio lug julho iulie iul lipiec lipca"
    " lip červenec"
    " července júl július júl temmuz июля июл липня srpnja juuli",
    "august aug augusti ágúst elokuu elokuuta elok elo août aoû agosto ago augustus sierpień sierpnia sie srpen srpna"
    " augusztus ağustos августа авг серпня kolovoza",
    "september sep sept syyskuu syyskuuta syysk syys septembre septiembre settembre set setembro septembrie"
    " wrzesień września"
    " wrz září szeptember szept eylül сентября сен сент вересня rujna",
    "oktober october okt oct október lokakuu lokakuuta lokak loka octobre octubre ottobre ott outubro out octombrie"
    " październik"
    " października paź říjen října október ekim октября окт жовтня",
    "november nov nóvember nóv marraskuu marraskuuta marrask marras novembre noviembre novembro noiembrie noi lis"
    " kasım ноября ноя листопада studenoga",
    "desember december dec des dez dezember joulukuu joulukuuta jouluk joulu décembre déc diciembre dic dicembre"
    " dezembro"
    " decembrie grudzień grudnia gru prosinec prosince december aralık декабря дек грудня prosinca detsember",
)

MONTH_NUMBER: dict[str, int] = {word: number for number, words in enumerate(_MONTHS, start=1) for word in words.split()}
"""Month number by its casefolded name or short form; "listopada" (October or November) is not there."""
