"""How the mail systems of the world say that a mail was not delivered: data, no logic."""

from __future__ import annotations

DAEMONS = (
    "mailer-daemon mailerdaemon mailer_daemon mail-daemon maildaemon mail.delivery.system mail-delivery-system"
    " postmaster post_master post-master poostmaster mdaemon mailsystem mail-system mail.system maildelivery bounce"
    " bounces mailer-deamon mmdf uucp nobody majordomo mailadmin mail-admin system mta sysadmin mailsweeper interscan"
    " ndr no-delivery-report delivery"
)
"""Local parts of programs that report on delivery; *system* and the like count only beside other evidence."""

DAEMON_NAMES = (
    "mail delivery system|mail delivery subsystem|mail deliver system|mailer-daemon|mailer daemon|mail system"
    "|postmaster|system administrator|systemadministrator|delivery subsystem|mail administrator|mail delivery"
    "|microsoft outlook|microsoft exchange|content-filter|internet mail delivery|ndr administrator|mail daemon"
    "|delivery notification|mailsystem|e-post system|mmsc ndr administrator|returned mail|postmottak system"
)

SUBJECTS = (
    "mail failed|fml system error|not member article|reject mail|loop alert|message undelivered|status of your"
    " message"
    "|delivery failures|delivery notification|problem delivering|could not deliver|couldn't deliver|no such user|"
    "undeliver|returned mail|returned message|delivery status notification|delivery failure|delivery failed"
    "|failure notice|failure delivery|delivery has failed|mail delivery failed|delivery notification|delivery report"
    "|mail system error|returned to sender|returning message to sender|could not be delivered|cannot be delivered"
    "|can not be delivered|not delivered|non-delivery|nondelivery|nondeliverable|non delivery|was not delivered"
    "|unable to deliver|unable to send|delivery status|delivery error|delivery problem|error sending your mail"
    "|mail failure|message you sent blocked|postmaster notify|message delayed|delivery delayed|delayed mail"
    "|message status|rejected message|message rejected|mail rejected|email rejected|mail could not be|returned email"
    "|bounced mail|bounce message|mailbox full|mailbox unavailable|ndn:|ndr:|permanent delivery|delivery temporarily"
    "|email delivery failure|mail not sent|message not sent|user unknown|unknown user|notification d'échec"
    "|warning: could not send|warning: message|cannot send message|can't send|mail delivery problem|mail error"
    "|failed delivery|delivery unsuccessful|delivery to the following|message blocked|unzustellbar|unzustellbare"
    "|nicht zugestellt|nicht zustellbar|zustellung fehlgeschlagen|nichtzustellung|fehler bei der zustellung"
    "|zustellfehler|zustellungsfehler|kan ikke leveres|ikke levert|leveringsfeil|uleverbar|kunne ikke leveres"
    "|ikke leveres|kunne ikkje leverast|ikkje levert|leveringsmelding|leveringen mislyktes|levering mislyktes"
    "|kan inte levereras|kunde inte levereras|olevererbar|ej levererat|leveransfel|leveransstatus|går inte att"
    " leverera"
    "|kan ikke afleveres|ikke afleveret|kunne ikke afleveres|leveringsfejl|ulevérbar|uleveret|ikke leveret"
    "|ei voi toimittaa|ei voitu toimittaa|toimittaminen epäonnistui|toimitus epäonnistui|toimitusilmoitus"
    "|ekki hægt að afhenda|ekki afhent|óafhendanleg|sending mistókst|non remis|non distribué|échec de la remise"
    "|échec de remise|impossible de remettre|impossible de distribuer|notification d’échec|no se puede entregar"
    "|no se pudo entregar|no entregado|correo devuelto|error de entrega|fallo en la entrega|non recapitabile"
    "|mancata consegna|impossibile recapitare|mancato recapito|errore di consegna|onbestelbaar|niet bezorgd"
    "|niet afgeleverd|kan niet worden bezorgd|não entregue|não foi possível entregar|falha na entrega"
    "|nie dostarczono|nie można dostarczyć|niedostarczon|niedoręczon|nedoručiteln|nedoručen|nelze doručit"
    "|недоставлен|не доставлено|не может быть доставлено|невозможно доставить|недоставленное|не доставлен"
    "|kézbesíthetetlen|kézbesítési hiba|teslim edilemedi|iletilemedi|nu a fost livrat|nelivrabil"
    "|配信不能|配信できません|送信できません|送信エラー|配送できません|エラーメール|配信エラー"
    "|メールを配信できませんでした"
    "|退信|无法投递|未能投递|無法傳遞|无法送达|投递失败|傳送失敗|系统退信|반송|배달되지|전송 실패|delivery incomplete"
)
"""What the subject of a report holds, casefolded."""

PROSE = (
    "you are not a member of this mailing list|not member article|failed addresses follow|message log follows"
    "|undeliverable to the following|undeliverable due to|list of failed recipients|following address(es) failed"
    "|you sent was undeliverable|the following message was returned|error: the message|no longer valid|no longer"
    " accepts"
    "|deactivated due to|has exceeded|exceeded its quota|could not be found|address is unknown|inactive user"
    "|attempted to be delivered|remote domain doesnt exist|smtp relay error|following recipients were affected"
    "|failed to be delivered|delivery failure|delivery error|was not accepted|refused by|fatal errors"
    "|account has been disabled|account is disabled|mailbox disabled|hop count exceeded|too many hops|mail loop"
    "|adressen konnte nicht|empfänger unbekannt|mottaker finnes ikke|ukjent mottaker|okänd mottagare|ukendt modtager"
    "|tuntematon vastaanottaja|óþekktur viðtakandi|"
    "invalid user address|error message below|requested action not taken|mail from:|rcpt to:|"
    "could not be delivered|couldn't be delivered|cannot be delivered|can not be delivered|was not delivered"
    "|not been delivered|not be delivered|were not delivered|wasn't delivered|weren't delivered|was undeliverable"
    "|is undeliverable|undeliverable mail|unable to deliver|not able to deliver|wasn't able to deliver"
    "|delivery failed|delivery has failed|delivery to the following|failed to deliver|failed permanently"
    "|did not reach the following|did not reach|permanent fatal errors|permanent delivery errors|delivery errors"
    "|had delivery problems|delivery problems|returned permanent errors|permanent error|had permanent"
    "|transient non-fatal errors|transcript of session follows|mail delivery software|mail system at host"
    "|error delivering your mail|while trying to deliver|while attempting to deliver|trouble delivering"
    "|was not relayed|nondelivery report|rejected by a remote mail server|was rejected by|blocked by our"
    "|could not be sent|could not send|has been rejected|delivery status notification|delivery agent"
    "|mailbox is full|mailbox full|user unknown|unknown user|no such user|user doesn't have|recipient unknown"
    "|unknown recipient|recipient address rejected|no valid recipients|unknown address|address not found"
    "|address couldn't be found|wasn’t found|message not delivered|message blocked|message delayed|not yet been"
    " delivered"
    "|has not yet been|delivery attempts|will be retried|will keep trying|still being retried|failure reasons"
    "|returned message|failed for the following|giving up|i've given up|does not exist|mailbox unavailable"
    "|unsent message|message expired|bounce message|non-deliverable|undelivered|the following addresses"
    "|following address failed|wrong address|mailbox temporarily|over quota|error that the other server returned"
    "|kunne ikke leveres|ble ikke levert|kan ikke leveres|leveringen mislyktes|ikke levert|vart ikkje levert"
    "|kunde inte levereras|kan inte levereras|gick inte att leverera|levererades inte|kunne ikke afleveres"
    "|blev ikke leveret|kan ikke afleveres|blev ikke afleveret|ei voitu toimittaa|ei voida toimittaa"
    "|toimitus epäonnistui|ekki hægt að afhenda|var ekki afhent|tókst ekki að afhenda"
    "|konnte nicht zugestellt|nicht zugestellt werden|konnten nicht zugestellt|fehler bei der übermittlung"
    "|n'a pas pu être remis|n'a pas pu être distribué|n’a pas pu être|impossible de remettre|n'a pu être"
    "|no se pudo entregar|no se ha podido entregar|no pudo ser entregado|non è stato possibile|non recapitato"
    "|kon niet worden bezorgd|niet worden afgeleverd|não pôde ser entregue|não foi possível entregar"
    "|nie mogła zostać dostarczona|nie została dostarczona|nebylo možné doručit|nelze doručit"
    "|не может быть доставлено|не было доставлено|не удалось доставить|не может быть отправлено"
    "|送信できませんでした|配信できません|送信に失敗|配送できません|配信できませんでした|メールボックスが一杯"
    "|宛先が見つかりません"
    "|エラーメッセージ|存在しないか|无法投递|无法送达|退信|投递失败|無法傳送|전송되지 못했습니다|배달하지 못했습니다"
)
"""What the text of a report holds, casefolded."""

COPY = (
    "below this line is a copy|copy of the message|original message follows|original message headers"
    "|original message header|the header of the original message|message header follows|message headers follow"
    "|unsent message follows|below is a copy of the original|included is a copy of the message|returned message"
    "|original message|end of message|message header|copy of your message|your message reads|message text follows"
    "|---original|header of your message|the following is the original|original mail|forwarded message"
    "|undelivered message|non-delivered information|rejected message"
)
"""What stands above the copy of the mail that was not delivered."""

DELAYED = (
    "will be retried|will keep trying|keep trying|will continue to|has not yet been|not yet been delivered"
    "|do not need to resend|need not resend|this is a warning|warning message only|still being retried"
    "|transient non-fatal errors|delivery attempts will continue|vil fortsette å prøve|fortsätter att försöka"
    "|wird weiterhin versucht|prøver igjen|försöker igen|prøver fortsat"
)
"""The mail is still under way."""

GIVEN_UP = (
    "giving up|given up|gave up|could not be delivered|couldn't be delivered|was not delivered|has been returned"
    "|permanent|message expired|undeliverable|unable to deliver|wasn't able to deliver|failed permanently"
    "|did not receive|did not reach|kunne ikke leveres|ble ikke levert|kunde inte levereras|ikke leveret"
    "|nicht zugestellt|has failed|delivery failed|fatal error"
)
"""The mail is lost."""

STATUS = (
    (
        "5.2.2",
        "mailbox full|mailbox is full|over quota|quota exceeded|exceeded the local limit|exceeds quota|mail box full"
        "|mailfolder is full|full mailbox|メールボックスが一杯|storage limit|disk quota",
    ),
    (
        "5.1.1",
        "user unknown|unknown user|no such user|does not exist|unknown recipient|recipient unknown|not found"
        "|no mailbox here|not listed in|user doesn't have|unknown address|invalid recipient|no such address"
        "|not recognized|not listed|invalid mailbox|mailbox unavailable|address rejected|no valid"
        " recipients|unknown local"
        "|isn't listed|invalid address|存在しない",
    ),
    ("5.4.6", "too many hops|hop count exceeded|mail loop|routing loop"),
    ("5.3.4", "message too large|too big|size limit|exceeds the maximum|message size"),
    (
        "5.7.1",
        "relay access denied|relaying denied|access denied|spam|blocked|policy|rejected|not allowed|not permitted",
    ),
    ("5.1.2", "host unknown|domain not found|unknown host|no such domain|name service error|host not found"),
    (
        "4.4.7",
        "delayed|will be retried|keep trying|not yet been|deferred|transient|temporar|still being retried|timed out",
    ),
)
"""The RFC 3463 status that prose amounts to, the first that matches."""
