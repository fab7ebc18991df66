"""Words of signatures, disclaimers and list footers, per language: data, no logic."""

from __future__ import annotations

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

PAPER_NOTES = (
    "please consider the environment before printing|consider the environment before you print|tenk på miljøet før du"
    "|vern miljøet|spar miljøet|tænk på miljøet|tänk på miljön innan|ajattele ympäristöä|bitte denken sie an die"
    " umwelt"
)
"""Short paragraphs that ask the reader not to print: some as a question."""

FOOTNOTES = (
    "virus-free.|virusfri.|virenfrei.|scanned for viruses|scanned by|checked for viruses|kontrollert for virus"
    "|originated from outside|originates from outside|sent from outside the organi|from an external sender"
    "|kommer fra en ekstern avsender|ekstern avsender|extern avsändare|you don't often get email from"
    "|du mottar ikke ofte e-post fra|får inte ofta e-post från|du får ikke ofte mail fra|sie erhalten nicht oft"
    " e-mails"
    "|some people who received this message don't often get email"
)
"""Short paragraphs that gateways and programs add."""

FIRST_PERSON = (
    r"[Jj]eg|[Ee]g|[Jj]ag|[Mm]inä|[Mm]inulle|[Éé]g|[Mm]ér|[Ii]ch|[Ii]k|[Yy]o|[Jj]['’]ai|[Ss]ain|[Oo]len|[Rr]ecibí"
    r"|I (?:am|have|had|was|got|get|received|did|do|think|can|could|should|need|want|would|will|just|never|found|see)"
    r"|I['’](?:m|ve|d|ll)|(?:[sS]hould|[dD]id|[cC]ould|[dD]o|[aA]m|[cC]an|[mM]ay) I"
    r"|(?:[Ss]endt|[Ss]ent|[Ss]kickat|[Ss]kickades|[Kk]om)(?: til| till| to)? (?:meg|mig|me|oss|us)"
    r"|(?:[Tt]ill?|[Tt]o|[Ff]or|[Ff]ör|an) (?:meg|mig|me|mich)"
    r"|[Vv]i (?:har )?(?:fikk|fått|fick|fik|fået|mottok|mottatt|mottog|mottagit|modtog|modtaget)"
    r"|[Hh]ar vi (?:fått|fået|mottatt|mottagit|modtaget)|(?:[Ff]ikk|[Ff]ick|[Ff]ik) vi"
    r"|[Ww]e(?: have|['’]ve)? (?:received|got)|[Ss]aimme|[Oo]lemme"
)
"""What somebody says who got a mail: a disclaimer speaks to him, and of him only as "you"."""
