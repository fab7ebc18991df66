"""Words of signatures, device lines, disclaimers and list footers, per language: data, no logic."""

from __future__ import annotations

DEVICE: dict[str, str] = {
    "no": "sendt fra min|sendt fra mitt|sendt fra|sendt via|sendt med|hent outlook for|få outlook for|skaff outlook"
    " for",
    "nn": "sendt frå min|sendt frå mitt|sendt frå|send frå|skaff outlook for|last ned outlook for",
    "sv": "skickat från min|skickat från mitt|skickat från|skickat med|skickat via|skaffa outlook för|hämta outlook"
    " för"
    "|skickades från",
    "da": "sendt fra min|sendt fra mit|sendt fra|sendt via|sendt med|hent outlook til|få outlook til|download"
    " outlook til",
    "fi": "lähetetty|lähetä|hanki outlook|hae outlook",
    "is": "sent úr|sent frá|sent með|sent af|sækja outlook fyrir|náðu í outlook fyrir|fáðu outlook fyrir",
    "de": "gesendet von|gesendet mit|gesendet aus|von meinem|von unterwegs gesendet|versendet mit|outlook für"
    "|holen sie sich outlook für|diese nachricht wurde von meinem|laden sie outlook für|mit der|gesendet vom",
    "en": "sent from my|sent from|sent via|sent using|sent with|sent on|get outlook for|download outlook for|sent by"
    "|typed on my|written on my",
    "fr": "envoyé de|envoyé depuis|envoyé à partir|envoyé avec|envoyé via|obtenez outlook pour|télécharger outlook"
    " pour"
    "|obtenir outlook pour|provenance",
    "es": "enviado desde|enviado de|enviado con|obtener outlook para|descargar outlook para|enviado vía",
    "ca": "enviat des|enviat amb",
    "it": "inviato da|inviato dal|inviato con|inviata da|ottieni outlook per|scarica outlook per",
    "pt": "enviado do|enviado a partir|enviado pelo|enviado via|obter o outlook para|obtenha o outlook para|baixar"
    " outlook",
    "ro": "trimis de pe|trimis din|trimis cu|descărcați outlook pentru|obțineți outlook pentru",
    "nl": "verzonden vanaf|verstuurd vanaf|verzonden met|verstuurd met|verzonden via|outlook voor|download outlook"
    " voor"
    "|outlook downloaden voor|verstuurd via",
    "pl": "wysłano z|wysłane z|wysłano za|pobierz outlook|pobierz aplikację outlook|uzyskaj outlook",
    "cs": "odesláno z|odesláno pomocí|získat outlook|získejte outlook|stáhněte si outlook",
    "sk": "odoslané z|odoslané pomocou|získajte outlook|získať outlook",
    "hr": "poslano s|poslano sa|poslano iz|nabavite outlook|preuzmite outlook",
    "sl": "poslano iz|poslano z|prenesite outlook",
    "hu": "küldve az|elküldve|iphone-ról küldve|az outlook",
    "ru": "отправлено с|отправлено из|отправлено от|скачать outlook|получите outlook|послано с",
    "uk": "надіслано з|відправлено з|отримати outlook|завантажити outlook",
    "tr": "gönderildi|iphone'umdan gönderildi|outlook'u edinin|outlook’u edinin",
    "et": "saadetud minu|saadetud",
    "lv": "nosūtīts no",
    "lt": "išsiųsta iš|siųsta iš",
    "el": "στάλθηκε από|εστάλη από",
    "ja": "iphoneから送信|ipadから送信|送信元|outlook for",
    "zh": "发自我的|從我的|从我的|发送自|傳送自|發自我的|获取 outlook|取得 outlook",
    "ko": "나의 iphone에서|iphone에서|내 iphone에서|갤럭시에서",
}
"""How the line begins that a telephone or a mail program adds below a mail."""

DEVICE_NAMES = (
    "iphone ipad ipod android samsung galaxy blackberry outlook huawei xiaomi nokia sony xperia pixel htc lumia"
    " oneplus oppo motorola moto lg wiko windows phone telefon telefonen puhelin mobil mobilen mobile smartphone"
    " handy"
    " mobiltelefon nettbrett surfplatta tablet mail mac app apple yahoo protonmail proton gmail aol typeapp bluemail"
    " spark nine fairphone mobiltelefoner wireless telephone téléphone teléfono telefoon telefono telefonu телефона"
    " айфона e-post epost post mailbird spike airmail zoho mobiel verizon t-mobile tele2 telenor telia hey superhuman"
    " symbol airwatch boxer secure sikker mobilne mobilni mobilu mobiltelefonen mobilen. workspace teams device"
)

CLOSINGS = (
    "mvh|med vennlig hilsen|vennlig hilsen|hilsen|beste hilsen|med venleg helsing|venleg helsing|helsing|beste"
    " helsing"
    "|vh|mvh.|med hilsen|hilsen fra|med vänlig hälsning|med vänliga hälsningar|vänlig hälsning|vänliga hälsningar"
    "|hälsningar|bästa hälsningar|hälsning|med venlig hilsen|venlig hilsen|venlige hilsner|bedste hilsner|de bedste"
    " hilsner"
    "|med venlige hilsner|ystävällisin terveisin|terveisin|parhain terveisin|yst. terv.|t.|kveðja|með kveðju"
    "|bestu kveðjur|kær kveðja|með bestu kveðju|mit freundlichen grüßen|mit freundlichen grüssen|freundliche grüße"
    "|mfg"
    "|viele grüße|beste grüße|liebe grüße|mit besten grüßen|vg|lg|best regards|kind regards|regards|sincerely"
    "|yours sincerely|best wishes|cheers|warm regards|many thanks|thanks|br|best|cordialement|bien à vous|saludos"
    "|cordiali saluti|met vriendelijke groet|met vriendelijke groeten|atenciosamente|pozdrawiam|s pozdravem|с"
    " уважением"
)

LIST_WORDS = (
    "mailing list|mailing-list|listinfo|unsubscribe|-request@|lists.|listserv|groups.google|googlegroups|yahoogroups"
    "|e-postliste|epostliste|postliste|e-postlista|postlista|avmelding|meld deg av|avregistrera|avprenumerera|afmeld"
    "|afskráning|mailingliste|abbestellen|désabonner|désinscrire|postituslista|poistua listalta|liste de diffusion"
    "|lista de correo|list archives|to post to this group|subscribed to"
)

DISCLAIMER: tuple[tuple[str, ...], ...] = (
    (
        "this e-mail",
        "this email",
        "this message",
        "e-mail and any",
        "email and any",
        "denne e-post",
        "denne epost",
        "denne meldinga",
        "denne meldingen",
        "denne e-mail",
        "denne mail",
        "denne meddelelse",
        "detta meddelande",
        "detta mail",
        "detta e-post",
        "detta mejl",
        "denna e-post",
        "tämä viesti",
        "tämä sähköposti",
        "sähköpostiviesti",
        "þessi tölvupóstur",
        "tölvupóstur þessi",
        "diese e-mail",
        "diese nachricht",
        "diese mail",
        "ce message",
        "cet e-mail",
        "ce courriel",
        "este mensaje",
        "este correo",
        "questo messaggio",
        "questa e-mail",
        "deze e-mail",
        "dit bericht",
        "esta mensagem",
        "este e-mail",
        "ta wiadomość",
        "tato zpráva",
        "e-posten",
        "meldingen",
        "e-postmeldingen",
        "attachments",
        "vedlegg",
        "bilagor",
        "allegati",
        "pièces jointes",
        "anhänge",
    ),
    (
        "confidential",
        "privileged",
        "konfidensiel",
        "fortrolig",
        "fortruleg",
        "taushetsb",
        "teiepliktig",
        "konfidentiel",
        "konfidentiell",
        "sekretess",
        "luottamuksellinen",
        "luottamuksellis",
        "trúnaðar",
        "vertraulich",
        "confidentiel",
        "confidencial",
        "riservat",
        "confidenzial",
        "vertrouwelijk",
        "poufn",
        "důvěrn",
        "конфиденциальн",
        "sensitiv",
    ),
    (
        "intended recipient",
        "intended only",
        "intended solely",
        "addressee",
        "for the use of",
        "rette mottaker",
        "rette mottakaren",
        "rett mottaker",
        "adressat",
        "mottaker",
        "mottakar",
        "mottagare",
        "modtager",
        "vastaanottaja",
        "viðtakand",
        "empfänger",
        "destinataire",
        "destinatari",
        "geadresseerde",
        "bestemd voor",
        "odbiorc",
        "příjemc",
        "получател",
        "ætlað",
        "tilsiktet",
        "avsedd",
        "beregnet",
        "tarkoitettu",
        "bestimmt",
    ),
    (
        "in error",
        "by mistake",
        "mistakenly",
        "erroneously",
        "ved en feil",
        "feilaktig",
        "ved feil",
        "ved ein feil",
        "av misstag",
        "felaktigt",
        "ved en fejl",
        "fejlagtigt",
        "erehdyksessä",
        "vahingossa",
        "misgáning",
        "mistök",
        "irrtümlich",
        "irrtum",
        "par erreur",
        "por error",
        "por engano",
        "per errore",
        "ten onrechte",
        "abusievelijk",
        "omyłkowo",
        "omylem",
        "по ошибке",
        "not the intended",
        "ikke er rette",
        "inte är rätt",
    ),
    (
        "delete",
        "destroy",
        "notify the sender",
        "unauthori",
        "prohibited",
        "disclos",
        "copying",
        "slett",
        "varsle avsender",
        "kontakt avsender",
        "ulovlig",
        "radera",
        "ta bort",
        "meddela avsändaren",
        "underrätta",
        "otillåten",
        "underret",
        "slet ",
        "uautoriseret",
        "poista",
        "ilmoittakaa",
        "hävittä",
        "eyð",
        "látið sendanda",
        "vernichten",
        "löschen",
        "informieren",
        "détruire",
        "supprimer",
        "elimin",
        "cancell",
        "distrugg",
        "verwijder",
        "vernietig",
        "copiare",
        "usun",
        "smaž",
        "удалит",
        "kopiering",
        "tillatt",
        "tillåtet",
        "gyldig",
    ),
)
"""Five things a legal disclaimer speaks of; a paragraph that speaks of four is one."""

FOOTNOTES = (
    "please consider the environment before printing|consider the environment before you print|tenk på miljøet før du"
    "|vern miljøet|spar miljøet|tænk på miljøet|tänk på miljön innan|ajattele ympäristöä|bitte denken sie an die"
    " umwelt"
    "|virus-free.|virusfri.|virenfrei.|scanned for viruses|scanned by|checked for viruses|kontrollert for virus"
    "|originated from outside|originates from outside|sent from outside the organi|from an external sender"
    "|kommer fra en ekstern avsender|ekstern avsender|extern avsändare|you don't often get email from"
    "|du mottar ikke ofte e-post fra|får inte ofta e-post från|du får ikke ofte mail fra|sie erhalten nicht oft"
    " e-mails"
    "|some people who received this message don't often get email"
)
"""Short paragraphs that gateways and programs add."""
