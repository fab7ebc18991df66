"""How mail clients of the world say "wrote", "Original message" and "Forwarded message": data, no logic.

Phrases are casefolded; they are what the clients themselves write (Outlook, Gmail, Apple Mail, Thunderbird, Yahoo,
Proton, Zimbra, Notes), one line a language, so that a language is added by adding a line.
"""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """Return the words of a table."""
    return frozenset(text.split())


WROTE: dict[str, str] = {
    "no": "skrev|skrev følgende",
    "nn": "skreiv|skreiv følgjande",
    "sv": "skrev|skrev följande|skriver",
    "da": "skrev|skrev følgende|skriver",
    "fi": "kirjoitti|kirjoitti seuraavaa|kirjoittaa",
    "is": "skrifaði|reit|ritaði",
    "fo": "skrivaði",
    "se": "čálii",
    "de": "schrieb|schrieb folgendes|geschrieben|schreibt|shrieb",
    "en": "wrote|writes|wrote the following|said|quoting|quoting from",
    "horde": "zitat von|zitiert von|sitat|sitat fra|siterer|citerar|citat från|citerer|citat fra|citando|citando a"
    "|quoting|selon|scrive|lainaus|citováno|cytowanie|citaat van|цитирую|idézet",
    "fr": "a écrit|écrit|à écrit|a ecrit|a rédigé",
    "es": "escribió|ha escrito|escribio",
    "ca": "escrigué|ha escrit|va escriure",
    "gl": "escribiu",
    "eu": "idatzi zuen|igorleak idatzi zuen|idatzi du|egileak hau idatzi zuen",
    "ast": "escribió|escribió'l",
    "it": "ha scritto|scritto|scrisse",
    "pt": "escreveu|escreveu o seguinte",
    "ro": "a scris|a scris următoarele",
    "rm": "ha scrit",
    "nl": "schreef|geschreven|schreef het volgende|heeft het volgende geschreven",
    "fy": "skreau|skreaun",
    "af": "het geskryf|geskryf|skryf",
    "pl": "napisał|napisała|napisał(a)|pisze|napisał/a|wiadomość napisana przez|użytkownik napisał",
    "cs": "napsal|napsala|napsal(a)|napsal/a",
    "sk": "napísal|napísala|napísal(a)|napísal/a",
    "sl": "je napisal|je napisala|je napisal(a)|napisal|napisal/-a|je napisal/-a|sporočilo napisal",
    "hr": "je napisao|je napisala|je napisao/la|napisao je|napisala je|je napisao/napisala|je napisao(la)|piše",
    "sr": "је написао|је написала|је написао/ла|написао је|je napisao(la)|пише",
    "bs": "je napisao/la",
    "mk": "напиша|напиша/ла|пишува",
    "bg": "написа|пише",
    "ru": "пишет|написал|написала|написал(а)|написал/а|писал|писал(а)",
    "uk": "пише|написав|написала|написав(ла)|написав/ла|написав(-ла)|писав",
    "be": "напісаў|піша|напісаў(ла)",
    "hu": "írta|ezt írta|írta a következőt|a következőt írta",
    "et": "kirjutas|kirjutas järgmist",
    "lv": "rakstīja|raksta",
    "lt": "rašė|parašė",
    "tr": "yazdı|şunu yazdı|şunları yazdı|tarihinde yazdı|dedi ki|diyor ki",
    "az": "yazdı|yazıb",
    "el": "έγραψε|έγραψε τα εξής",
    "he": "כתב|כתבה|כתב/ה|מאת",
    "ar": "كتب|كتبت|كتب/ت|كتب/كتبت|تمت كتابة ما يلي بواسطة|أرسل",
    "fa": "نوشت|نوشته است|نوشته‌است",
    "hy": "գրել է|գրեց",
    "ka": "წერს|დაწერა",
    "kk": "жазды|жазған",
    "sq": "shkroi|ka shkruar",
    "cy": "ysgrifennodd",
    "ga": "scríobh",
    "gd": "sgrìobh|sgrìobh na leanas",
    "br": "skrivet gant|skrivet eo bet gant|eo bet skrivet gant|en deus skrivet|he deus skrivet",
    "hsb": "napisa|napisał(a)",
    "dsb": "jo napisał|napisał(a)",
    "id": "menulis|menulis:",
    "ms": "menulis",
    "vi": "đã viết|viết|đã viết lúc",
    "th": "เขียนว่า|เขียน",
    "km": "បានសរសេរ",
    "ko": "님이 작성|이(가) 쓴 글|작성|님이 쓴 글|님의 말|이(가) 작성",
    "ja": "さんは書きました|のメール|のメッセージ|が書きました|が次のように書きました|は書きました|さんのメッセージ"
    "|wrote",
    "zh": "写道|寫道|写于|寫於|撰寫|撰写|的邮件|已寫信",
    "hi": "ने लिखा|लिखा",
    "si": "ලිව්වා",
    "eo": "skribis",
    "la": "scripsit",
}
"""The verb of "X wrote:", per language."""

YOU_WROTE = words(
    "i you we they he she jeg eg du vi dere de han hun ho hon jag ni ich sie wir ihr tu nous vous il elle yo"
    " io ik jij u wij ja ty my wy minä sinä hän ég þú"
)
"""A pronoun before the verb is a writer who speaks, not a client that quotes."""

SAID_TO = words(
    "meg mig oss mér okkur me us mir mich uns minulle meille at att að that dass että sa sade sagde sagði said sagte"
    " sanoi"
)
"""After the verb, and in small letters: somebody tells what was written to whom, and no name of a person."""

OPENERS = words(
    "on at den d. dato am le il el em op dnia w dne dňa dana na la på ti data þann þ. 在 于 於 ils d'an/ar ar o às as"
    " më më: të pe ke to pr. lugupeetud në ons tir. в от у dnja"
    " في يوم بتاريخ"
    " ngày pada tanggal στις στα σε на у في على vào le: il: el: em: op: op: wann: kl. klo"
)
"""First words of "On <date>, X wrote:"."""

MONTHS = words(
    "يناير فبراير مارس أبريل ابريل إبريل مايو يونيو يوليو أغسطس اغسطس سبتمبر أكتوبر اكتوبر نوفمبر ديسمبر"
    " شباط آذار نيسان أيار حزيران تموز آب أيلول"
    " jan january januar januari janvier janv enero gennaio gen janeiro ianuarie styczeń stycznia leden ledna január"
    " tammikuuta tammikuu tammi janúar january."
    " feb february februar februari février févr fév febrero febbraio fevereiro fev februarie luty lutego únor února"
    " február helmikuuta helmi febrúar"
    " mar mars march märz maerz mär mrz maart mrt marzo março martie marzec marca březen března marec maaliskuuta"
    " maaliskuu maalis márc március mart"
    " apr april avril avr abril abr aprile aprilie kwiecień kwietnia duben dubna apríl huhtikuuta huhti ápr április"
    " nisan"
    " may mai maj maí mei mayo maggio mag maio květen května máj toukokuuta touko máj mayıs"
    " jun june juni juin junio giugno giu junho iunie czerwiec czerwca červen června jún kesäkuuta kesä júní június"
    " haziran"
    " jul july juli juillet juil julio luglio lug julho iulie lipiec lipca červenec července júl heinäkuuta heinä"
    " júlí július temmuz"
    " aug august augusti août aoû agosto ago agustus augustus sierpień sierpnia srpen srpna elokuuta elo ágúst"
    " augusztus ağustos"
    " sep sept september septembre septiembre settembre set setembro septembrie wrzesień września září syyskuuta syys"
    " szeptember eylül"
    " oct october okt oktober octobre octubre ottobre ott outubro out octombrie październik października říjen října"
    " október lokakuuta loka ekim"
    " nov november novembre noviembre novembro noiembrie listopad listopada listopadu marraskuuta marras nóv nóvember"
    " kasım"
    " dec december dez dezember des desember déc décembre diciembre dicembre dic dezembro decembrie grudzień grudnia"
    " prosinec prosince joulukuuta joulu desember aralık"
    " янв января фев февраля мар марта апр апреля мая июн июня июл июля авг августа сен сент сентября окт октября ноя"
    " ноября дек декабря січ січня лют лютого бер березня квіт квітня трав травня черв червня лип липня серп серпня"
    " вер вересня жовт жовтня лист листопада груд грудня"
)

WEEKDAYS = words(
    "الأحد الاثنين الإثنين الثلاثاء الأربعاء الخميس الجمعة السبت"
    " mon monday tue tues tuesday wed wednesday thu thur thurs thursday fri friday sat saturday sun sunday"
    " man mandag tir tirs tirsdag tys tysdag ons onsdag tor tors torsdag fre fredag lør lørdag laur laurdag søn"
    " søndag"
    " sundag mån måndag tis tisdag lör lördag sön söndag"
    " ma maanantai maanantaina tiistai tiistaina ke keskiviikko keskiviikkona to torstai torstaina pe perjantai"
    " perjantaina la lauantai lauantaina su sunnuntai sunnuntaina"
    " mán mánudaginn mánudagur þri þriðjudaginn þriðjudagur mið miðvikudaginn miðvikudagur fim fimmtudaginn"
    " fimmtudagur fös föstudaginn föstudagur lau laugardaginn laugardagur sunnudaginn sunnudagur"
    " mo montag di dienstag mi mittwoch do donnerstag fr freitag sa samstag so sonntag"
    " lun lundi mar mardi mer mercredi jeu jeudi ven vendredi sam samedi dim dimanche"
    " lunes martes mié miércoles jue jueves vie viernes sáb sábado domingo lunedì martedì mercoledì giovedì venerdì"
    " sabato domenica gio segunda-feira terça-feira quarta-feira quinta-feira sexta-feira seg ter qua qui sex dom"
    " maandag dinsdag din woensdag woe wo donderdag don vrijdag vrij zaterdag zat za zondag zon zo"
    " pon poniedziałek wt wtorek śr środa czw czwartek pt piątek sob sobota niedz niedziela po út st čt pá so ne"
    " pondělí úterý středa čtvrtek pátek neděle пн вт ср чт пт сб вс нд понедельник вторник среда четверг пятница"
    " суббота воскресенье понеділок вівторок середа четвер пʼятниця субота неділя pzt sal çar per cum cmt paz"
)

ORIGINAL: dict[str, str] = {
    "no": "opprinnelig melding|opprinnelig e-post|original melding|opprinneleg melding|svar på e-post",
    "nn": "opphavleg melding|opphaveleg melding|opprinneleg melding|opphavleg e-post",
    "sv": "ursprungligt meddelande|originalmeddelande|ursprungligt mejl|ursprungligt mail",
    "da": "oprindelig meddelelse|original meddelelse|oprindelig besked|original besked|oprindelig mail",
    "fi": "alkuperäinen viesti|alkuperäinen viesti / orig.msg.|alkuperäinen sähköposti",
    "is": "upprunaleg skilaboð|upprunalegur póstur|upphafleg skilaboð|upprunalegt bréf",
    "de": "ursprüngliche nachricht|originalnachricht|original-nachricht|ursprüngliche mitteilung|original nachricht"
    "|urspr. nachricht",
    "en": "original message|original|original appointment|original mail|original email|reply message|replied message"
    "|reply to original message|original e-mail",
    "fr": "message d'origine|message original|message initial|message d’origine|courriel original",
    "es": "mensaje original|correo original|mensaje inicial",
    "ca": "missatge original",
    "gl": "mensaxe orixinal",
    "ast": "mensaxe orixinal",
    "eu": "jatorrizko mezua",
    "it": "messaggio originale|messaggio originario",
    "pt": "mensagem original|email original",
    "ro": "mesajul original|mesaj original",
    "rm": "messadi original",
    "nl": "oorspronkelijk bericht|origineel bericht|originele bericht",
    "fy": "oarspronklik berjocht",
    "af": "oorspronklike boodskap",
    "pl": "wiadomość oryginalna|oryginalna wiadomość|treść oryginalnej wiadomości|wiadomość pierwotna",
    "cs": "původní zpráva|původní e-mail|původní mail",
    "sk": "pôvodná správa|pôvodná správa --- original message|pôvodný e-mail",
    "sl": "izvirno sporočilo|izvorno sporočilo|originalno sporočilo",
    "hr": "izvorna poruka|originalna poruka",
    "sr": "оригинална порука|originalna poruka|izvorna poruka|изворна порука",
    "mk": "оригинална порака",
    "bg": "оригинално писмо|оригинално съобщение|първоначално съобщение",
    "ru": "исходное сообщение|первоначальное сообщение|оригинальное сообщение|исходное письмо|original message",
    "uk": "початкове повідомлення|вихідне повідомлення|оригінальне повідомлення",
    "be": "зыходны ліст|зыходнае паведамленне",
    "hu": "eredeti üzenet|eredeti levél",
    "et": "algne kiri|algne sõnum|algsõnum|originaalsõnum",
    "lv": "sākotnējais ziņojums|oriģinālais ziņojums|sākotnējā vēstule",
    "lt": "originalus laiškas|pradinis laiškas|pradinis pranešimas|originalus pranešimas",
    "tr": "orijinal mesaj|özgün ileti|orijinal ileti|özgün mesaj|i̇lk ileti|ilk ileti",
    "el": "αρχικό μήνυμα|πρωτότυπο μήνυμα",
    "he": "הודעה מקורית|ההודעה המקורית",
    "ar": "الرسالة الأصلية|الرسالة الأصليَّة",
    "fa": "پیام اصلی",
    "hy": "օրիգինալ նամակը|սկզբնական նամակ",
    "ka": "საწყისი წერილი",
    "kk": "бастапқы хабарлама|түпнұсқа хат",
    "sq": "mesazhi origjinal|mesazh origjinal",
    "cy": "neges wreiddiol",
    "ga": "teachtaireacht bhunaidh",
    "gd": "an teachdaireachd thùsail",
    "br": "kemennadenn orinel",
    "hsb": "originalna powěsć",
    "id": "pesan asli",
    "ms": "mesej asal",
    "vi": "thư gốc|tin nhắn gốc|thư ban đầu",
    "th": "ข้อความต้นฉบับ",
    "ko": "원본 메시지|원본 메일|원래 메시지",
    "ja": "元のメッセージ|オリジナルメッセージ|original message",
    "zh": "原始邮件|原始郵件|原始消息|原始信件|邮件原件|原邮件|回复邮件|回复的原邮件|回覆郵件|回復原始郵件",
    "hi": "मूल संदेश",
    "bn": "মূল বার্তা",
    "gu": "મૂળ સંદેશો",
    "si": "මුල් ලිපිය",
    "xh": "umyalezo wakuqala",
}
"""What stands between dashes above the message that is answered."""

FORWARDED: dict[str, str] = {
    "no": "videresendt melding|videresendt e-post|videresendt|start på videresendt melding",
    "nn": "vidaresend melding|vidaresendt melding|vidaresend e-post|start på vidaresend melding",
    "sv": "vidarebefordrat meddelande|vidarebefordrat mejl|vidarebefordrat brev|början på vidarebefordrat meddelande"
    "|början på vidarebefordrat mejl|vidarebefordrat mail|vidarebefordrad e-post|vidaresänt meddelande",
    "da": "videresendt meddelelse|videresendt besked|start på videresendt besked|start på videresendt meddelelse"
    "|videresendt mail",
    "fi": "välitetty viesti|edelleenlähetetty viesti|välitetty viesti / fwd.msg|välitetty viesti alkaa|alkaa"
    " välitetty viesti"
    "|edelleen lähetetty viesti|alku välitetylle viestille",
    "is": "framsend skilaboð|framsent skeyti|áframsend skilaboð|framsendur póstur|áframsendur póstur|framsent bréf"
    "|upphaf framsendra skilaboða|byrjun á áframsendum skilaboðum",
    "fo": "víðarisend boð",
    "de": "weitergeleitete nachricht|anfang der weitergeleiteten nachricht|weitergeleitete mail|weitergeleitete"
    " e-mail"
    "|weitergeleitet|weitergeleitete mitteilung",
    "en": "forwarded message|begin forwarded message|forwarded mail|forwarded email|forwarded e-mail|forwarded letter"
    "|forward message|forwarded by|start of forwarded message|fwd message|message forwarded",
    "fr": "message transféré|message transmis|début du message réexpédié|début du message transféré|message réexpédié"
    "|courriel transféré|mail transféré|e-mail transféré|message transfèré|début du message transmis",
    "es": "mensaje reenviado|inicio del mensaje reenviado|correo reenviado|comienzo del mensaje reenviado|inicio de"
    " mensaje reenviado",
    "ca": "missatge reenviat|inici del missatge reenviat|missatge redirigit",
    "gl": "mensaxe reenviada|inicio da mensaxe reenviada",
    "ast": "mensaxe reunviáu|mensaxe reunviada",
    "eu": "birbidalitako mezua|birbidalitako mezuaren hasiera",
    "it": "messaggio inoltrato|inizio messaggio inoltrato|messaggio inoltrato da|inizio del messaggio inoltrato",
    "pt": "mensagem encaminhada|mensagem reencaminhada|início da mensagem reencaminhada|início da mensagem"
    " encaminhada"
    "|mensagem reenviada|email encaminhado",
    "ro": "mesaj redirecționat|mesaj redirecţionat|mesaj înaintat|începe mesajul redirecționat|mesajul redirecționat"
    "|mesaj transmis mai departe|începe mesajul redirecţionat|mesaj retransmis",
    "rm": "messadi renvià",
    "nl": "doorgestuurd bericht|begin doorgestuurd bericht|begin van doorgestuurd bericht|doorgestuurde e-mail"
    "|doorgezonden bericht|doorgestuurde mail",
    "fy": "trochstjoerd berjocht",
    "af": "aangestuurde boodskap",
    "pl": "przekazana wiadomość|treść przekazanej wiadomości|początek przekazywanej wiadomości|wiadomość przekazana"
    "|wiadomość przekazana dalej|początek przekazanej wiadomości",
    "cs": "přeposlaná zpráva|začátek přeposílané zprávy|přeposlaný e-mail|předaná zpráva|přeposlaná zpráva (forward)",
    "sk": "preposlaná správa|preposlaná správa --- forwarded message|začiatok preposlanej správy|postúpená správa",
    "sl": "posredovano sporočilo|začetek posredovanega sporočila",
    "hr": "proslijeđena poruka|započni proslijeđenu poruku|početak proslijeđene poruke|proslijeđeno",
    "sr": "прослеђена порука|prosleđena poruka|почетак прослеђене поруке",
    "mk": "препратена порака",
    "bg": "препратено съобщение|препратено писмо|начало на препратеното съобщение",
    "ru": "пересылаемое сообщение|перенаправленное сообщение|начало переадресованного сообщения|пересланное сообщение"
    "|переадресованное сообщение|пересылаемое письмо|начало пересылаемого сообщения|перенаправленное письмо"
    "|пересланное письмо",
    "uk": "переслане повідомлення|перенаправлене повідомлення|початок листа, що пересилається|пересланий лист"
    "|пересилається повідомлення|початок пересланого листа|початок переадресованого повідомлення",
    "be": "перасланы ліст|перасланае паведамленне",
    "hu": "továbbított üzenet|továbbított levél|továbbított levél kezdete|továbbított üzenet kezdete",
    "et": "edastatud kiri|edastatud sõnum|edastatud kirja algus|edastatud sõnumi algus",
    "lv": "pārsūtīta vēstule|pārsūtītais ziņojums|pārsūtīts ziņojums|pārsūtītā ziņojuma sākums",
    "lt": "persiųstas laiškas|persiunčiamas laiškas|persiųsta žinutė|persiųstas pranešimas",
    "tr": "iletilen ileti|i̇letilen ileti|iletilmiş mesaj|i̇letilmiş mesaj|iletilen mesaj|i̇letilen mesaj|ileti"
    " başlangıcı"
    "|i̇leti başlangıcı|yönlendirilen mesaj|yönlendirilmiş ileti|yönlendirilen ileti",
    "el": "προωθημένο μήνυμα|έναρξη προωθημένου μηνύματος|προώθηση μηνύματος",
    "he": "הודעה שהועברה|תחילת ההודעה שהועברה|הודעה מועברת",
    "ar": "رسالة معاد توجيهها|الرسالة المعاد توجيهها|بداية الرسالة المعاد توجيهها|رسالة مُعاد توجيهها|رسالة محولة",
    "fa": "پیام ارسال‌شده|پیام هدایت‌شده",
    "hy": "փոխանցված նամակ|վերահասցեագրված նամակ",
    "ka": "გადმოგზავნილი წერილი|გადამისამართებული წერილი",
    "kk": "қайта жіберілген хат",
    "sq": "mesazh i përcjellë|mesazhi i përcjellë",
    "cy": "neges a anfonwyd ymlaen|neges wedi'i hanfon ymlaen",
    "ga": "teachtaireacht curtha ar aghaidh",
    "gd": "an teachdaireachd air a shìneadh air adhart",
    "br": "kemennadenn treuzkaset",
    "hsb": "dale sposrědkowana powěsć",
    "id": "pesan terusan|pesan yang diteruskan|pesan diteruskan",
    "ms": "mesej dimajukan",
    "vi": "thư đã chuyển tiếp|thư được chuyển tiếp|thư chuyển tiếp|bắt đầu thư được chuyển tiếp",
    "th": "ข้อความที่ส่งต่อ|เริ่มต้นข้อความที่ส่งต่อ",
    "ko": "전달된 메시지|전달된 메일|전달된 메시지 시작|전달 메시지",
    "ja": "転送メッセージ|転送されたメッセージ|転送されたメール|ここから転送メッセージ|forwarded message",
    "zh": "转发的邮件|转发邮件信息|转发的信件|轉寄的郵件|轉寄郵件|已转发邮件|已轉寄的郵件|转发邮件|轉寄信件"
    "|開始轉寄郵件"
    "|下面是被转发的邮件|以下是轉寄的郵件|轉寄訊息|轉寄的訊息|转发的消息|轉寄的信件|已转发的邮件|開始轉寄訊息",
    "hi": "अग्रेषित संदेश",
}
"""What stands between dashes, or before a colon, above a message that is passed on."""
