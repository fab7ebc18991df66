"""Words of the line that a telephone or a mail program adds below a mail, per language: data, no logic."""

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
    "fi": "lähetetty|hanki outlook|hae outlook",
    "is": "sent úr|sent frá|sent með|sent af|sækja outlook fyrir|náðu í outlook fyrir|fáðu outlook fyrir",
    "de": "gesendet von|gesendet mit|gesendet aus|von meinem|von unterwegs gesendet|versendet mit|outlook für"
    "|holen sie sich outlook für|diese nachricht wurde von meinem|laden sie outlook für|gesendet vom",
    "en": "sent from my|sent from|sent via|sent using|sent with|sent on|get outlook for|download outlook for|sent by"
    "|typed on my|written on my",
    "fr": "envoyé de|envoyé depuis|envoyé à partir|envoyé avec|envoyé via|obtenez outlook pour|télécharger outlook"
    " pour"
    "|obtenir outlook pour|provenance",
    "es": "enviado desde|enviado de|enviado con|obtener outlook para|descargar outlook para|enviado vía",
    "ca": "enviat des|enviat amb",
    "it": "inviato da|inviato dal|inviato con|inviata da|ottieni outlook per|scarica outlook per",
    "pt": "enviado do|enviado a partir|enviado pelo|enviado via|obter o outlook para|obter outlook para|obtenha o"
    " outlook para|baixar outlook",
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

DEVICE_ENDS = "gesendet|verschickt|gönderildi|küldve|보냄|送信|lähetetty"
"""How such a line ends in the languages whose verb comes last."""

NEEDS_END = "von meinem|diese nachricht wurde von meinem"
"""Beginnings that say nothing without one of those ends."""

CASES: dict[str, str] = {
    "lähetetty": "sta|stä|stani|stäni|lla|llä|llani|lläni|lta|ltä",
    "gönderildi": "dan|den|tan|ten",
    "saadetud": "st|lt|ga",
    "gesendet": "von|vom|aus",
    "verschickt": "von|vom|aus",
}
"""The endings (or words) of which one says "from": without it a telephone was sent, and not a mail from it."""

MEANS = "via|vía|med|með|mit|with|using|by|on|af|avec|con|amb|cu|met|pomocí|pomocou|за|za"
"""Last words of a beginning that says how a mail was sent; a person says so, too."""

OUTLOOK_ALONE = "outlook für|outlook for|outlook voor|az outlook"
"""Beginnings that a sentence about the program has, too."""

DOWNLOAD = "herunterladen beziehen laden downloaden letöltése beszerzése を入手 入手 のダウンロード"

BRANDS = (
    "iphone ipad ipod iphon outlook android blackberry galaxy xperia lumia pixel fairphone windows symbol airwatch"
    " yahoo gmail aol protonmail proton gmx web.de typeapp bluemail mailbird airmail zoho superhuman k-9 fairemail"
    " thunderbird айфон яндекс"
)
"""Telephones and mail programs, of which one in the line is enough; other endings may follow (``iPhonesta``)."""

COMMON = "iphone ipad outlook android galaxy windows yahoo gmail thunderbird mobile phone"
"""Those of which persons say that they used them: alone below "sent with" they are an answer."""

MAKERS = "samsung huawei xiaomi nokia sony htc oneplus oppo motorola moto lg wiko apple honor zte realme asus doro"
"""They send parcels, too, so "my" or a kind of device must stand beside them; the model may follow in its own words."""

DEVICES = (
    "mobil mobilen mobile mobiele mobiel mobiilista mobiililaitteesta phone telefon telefonen telefonem telefonu"
    " telefona telefonu puhelin puhelimesta puhelimestani puhelimella puhelimellani sími síma símanum símann"
    " smartphone smarttelefon älypuhelimesta handy nettbrett nettbrettet nettbrettest surfplatta surfplattan tablet"
    " tabletista tabletti spjaldtölvu spjaldtölvunni téléphone portable teléfono móvil telefono cellulare telefoon"
    " telemóvel celular telefonul telefonului телефона устройства device enhet enheten enhed enheden laite laitteesta"
    " laitteestani laitteella gerät tæki tækinu appareil dispositivo apparaat toestel dispozitiv urządzenia zařízení"
)
"""Kinds of devices, also as the last part of a word (``jobbmobil``)."""

POSSESSIVES = (
    "min mitt mit mine my mein meinem meiner meines meinen mon ma mes mi mis mío mio mia miei meu minha mijn minu oma"
    " minun omasta mojego mojej moje mého mojho môjho mojega mog mojeg moj moja meva meva mele mea meu mínum mínu"
    " mínum mínu мого моего моей моєї моєго μου 我的 我 나의 내"
)

LITTLE = (
    "for til fra frå från på med via en ei et ett den det över över the from of in on using with an a your to und für"
    " von vom der dem die des einem einer auf aus mit im zu pour de du des la le les un une avec depuis sur para el"
    " los del con desde en da dal dalla dallo dello della per il lo dos do no na o a os as voor van het op aan z ze"
    " za dla od pro ve s sa iz na u из с со для на від з для pe din pentru cu ul lui az fyrir úr frá með í á af"
    " för till via klo systemu systém aplikacji aplikácie aplikace program programmet appen app apps application"
    " aplicación aplicativo applicazione applikation sovelluksesta sovelluksella kautta için ile το τον την gesendet"
    " verschickt gönderildi 보냄 送信 传送 傳送 发送 發送 から 에서 lähetetty"
    " mail mails email e-mail post e-post epost e-posten epostprogram posta sähköposti sähköpostista sähköpostilla"
    " courrier correo correio poczta pošta pošty почта почты почти póstur pósti tölvupósti tölvupóstur secure sikker"
    " säker wireless trådlös trådlösa handheld personal mobile beta free business"
    " ios macos mac osx phone"
    " verizon t-mobile tele2 telenor telia orange vodafone telcel claro bell rogers sprint at&t telstra elisa dna ice"
    " pro max mini plus ultra note edge lite air se fold flip nord smart 5g 4g 3g lte"
)
"""All else that stands in such lines: articles, prepositions, kinds of programs, carriers, and models' second names."""

APPS = "workspace teams hey spark nine boxer spike edison canary shortwave newton tutanota"
"""Mail programs whose names are words, too: enough only beside a link."""

PLATFORMS = "ios android iphone ipad mac macos windows mobile mobil phone"
"""What Outlook is offered for."""
