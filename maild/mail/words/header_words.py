"""What mail clients call From, Date, To, Cc and Subject above a quoted or forwarded message: data, no logic."""

from __future__ import annotations

from typing import Literal

Role = Literal["from", "date", "to", "cc", "subject", "reply", "id", "other"]

LABELS: dict[Role, str] = {
    "from": (
        "from fra frå från frá lähettäjä von de de: da van od från: od: nadawca odesílatel odosielateľ pošiljatelj"
        " šalje"
        " feladó küldő expeditor expeditorul mittente remetente remitente expéditeur afzender avsender avsendar"
        " avsändare"
        " afsender sendandi absender sender gönderen kimden kimdən от от: отправитель від відправник ад адпраўнік"
        " подател изпращач από αποστολέας saatja kellelt nuo siuntėjas no sūtītājs prej nga dari pengirim daripada"
        " 发件人 發件人 寄件者 寄件人 差出人 送信者 from： 보낸사람 보낸이 발신 مِن من المرسل از מאת שולח จาก ผู้ส่ง"
        " nork igorlea oddeslë wot oddzělnik o gan iad ag ó чаго кімнен որտեղից ումից გამგზავნი gönderən від:"
        " посылатель frå: afzender: fan fra:"
    ),
    "date": (
        "date sent dato sendt send sendt: skickat datum datum: päivämäärä päiväys lähetetty dags dagsetning dags."
        " sendt:"
        " gesendet enviado fecha envoyé data data: inviato verzonden wysłano odesláno odoslané dátum poslano poslané"
        " küldve elküldve időpont trimis tarih gönderildi gönderilen dată відправлено gönderme дата отправлено"
        " дата: надіслано адпраўлена"
        " изпратено ημερομηνία εστάλη στάλθηκε kuupäev saadetud data/hora išsiųsta laikas datums nosūtīts dërguar"
        " dikirim tanggal hantar tarikh ngày 发送时间 發送時間 日期 时间 時間 寄件日期 傳送時間 发送日期 送信日時"
        " 日付 日時 送信日"
        " 보낸날짜 날짜 보낸시간 التاريخ تاريخ تم הנשלח נשלח תאריך วันที่ ส่งเมื่อ تاریخ noiz bidalia datë datum/tijd"
        " күні ամսաթիվ თარიღი sent: sendt. skickat: skickad dátum: data/hora: quan enviat dyddiad dáta deiziad"
        " sendeturdato sendingartími"
    ),
    "to": (
        "to til till vastaanottaja kenelle an an: para a a: à á pour destinataire destinatario destinatário aan aan:"
        " naar do adresat komu komu: pre prima primatelj címzett kime alıcı alici кому получатель одержувач каму до:"
        " до za до: προς προς: αποδέκτης kellele saaja kam gavėjas adresāts për kepada untuk penerima tới đến"
        " 收件人 收件者 宛先 宛先: 받는사람 받는이 수신 إلى الى المستلم به אל לכבוד ถึง ผู้รับ nori destinatarul"
        " către la mottakar"
        " mottaker mottagare modtager viðtakandi empfänger ontvanger recipient hartzailea at chuig goal кімге ում"
        " მიმღები"
        " til: till: aan. på komu/kam tiuj"
    ),
    "cc": (
        "cc kopi kopia kopio copie copia cópia kopie cópia: afrit kópía másolat wd dw kópia kópie kopie: kopia:"
        " копия копие"
        " копія bilgi κοιν koopia koopia: kopija kopja tembusan 抄送 抄送人 副本 cc： 참조 نسخة עותק สำเนา bcc"
        " dolda hemlig"
        " blindkopi blindkopia piilokopio blindkopie skjult kopi: cc: í cci 密件副本 密送 숨은참조 cco ccn udw"
        " bcc: скрытая"
        " კოპირება kopija: samrit"
    ),
    "subject": (
        "subject emne ämne aihe otsikko efni efni: betreff asunto objet oggetto assunto onderwerp temat předmět"
        " predmet"
        " tárgy subiect subiectul konu тема тема: относно предмет θέμα teema pealkiri tema temats temats: tema:"
        " subjekt"
        " subjek perihal perkara chủ 主题 主題 主旨 标题 標題 件名 제목 الموضوع موضوع נושא הנדון เรื่อง หัวเรื่อง"
        " gaia zadeva"
        " naslov"
        " subjekt: sujet onderwerp: assumpte asuntu tēma tema/subject subjecte pwnc ábhar danvez тақырып վերնագիր"
        " թեման თემა"
        " mövzu emne: ämne: ämnesrad oggetto: тэма betr betr. betrifft subject： rubrik rubrik: ärende"
    ),
    "reply": (
        "reply-to reply svar svaradress antwort responder répondre rispondi odpověď 回复 返信先 svar-til svartil"
        " answer-to odpowiedź-do ответ-кому odpovedať-pre válaszcím réponse beantwoorden"
    ),
    "id": "message-id",
    "other": (
        "attachments attachment vedlegg bilagor bilaga vedhæftede anlagen anhänge pièces liitteet viðhengi importance"
        " viktighet prioritet betydelse wichtigkeit priorität priority importancia vedhæftninger bijlage bijlagen"
        " allegati"
        " adjuntos anexos list-id organization organisation tärkeys anlage newsgroups resent-from user-agent"
        " mime-version content-type"
    ),
}
"""One-word labels per role."""

PHRASES: dict[Role, str] = {
    "from": (
        "odoslané od|od koho|від кого|de la|de parte de|message from|mailed by|보낸 사람|보낸 이|envoyé par|sent by"
        "|dari"
        " pengirim"
        "|frá hverjum|på vegne av|message de|enviado por|inviato da|d'après"
    ),
    "date": (
        "date sent|sent on|sent at|dato sendt|sendt den|sendt dato|skickat den|datum skickat|envoyé le|date d'envoi"
        "|message du|envoyé le:|enviado el|fecha de envío|enviada em|enviado em|data de envio|enviada|data invio"
        "|data wysłania|datum odeslání|dátum odoslania|datum slanja|datum poslano|küldés dátuma|küldés ideje|data"
        " trimiterii"
        "|trimis la|gönderim tarihi|gönderilme tarihi|gönderme tarihi|дата отправки|дата відправлення|дата и время"
        "|дата и время отправки|ngày gửi|đã gửi|gửi lúc|보낸 날짜|보낸 시간|תאריך שליחה|تاريخ الإرسال|تم الإرسال"
        "|fecha y hora"
        "|data e hora|sendedatum|gesendet am|dato/tid|datum en tijd|дата:|poslano dana|sent date|sent time|date/time"
        "|lähetetty:|päivämäärä ja aika|lähetyspäivä|sent den|sendt av|išsiuntimo data|nosūtīšanas datums"
    ),
    "to": (
        "send to|sent to|envoyé à|bestemt til|받는 사람|받는 이|do koho|to (e-mail)|enviado para|enviado a:|đến"
        " người nhận"
        "|người nhận"
        "|til hvem"
    ),
    "cc": (
        "kopie an|copie à|copie a|en copia|con copia|com cópia|kopio: |kopi til|kopie (cc)|cc kopie|cópia para"
        "|kopia till"
        "|do wiadomości|afrit til|на копию|в копии|кому (копия)|копия (cc)|blind copy|копия:|copie carbone|copia a"
        "|copie (cc)|kopi (cc)|kopia (cc)|copia (cc)|kopia (kopia)|kopie (kopie)|cópia (cc)|kopio (cc)|másolatot kap"
        "|blind kopi|dold kopia|skjult kopi|copia oculta|copie cachée|cópia oculta|скрытая копия"
    ),
    "subject": ("tiêu đề|chủ đề|subject line|asunto:|betreff:|objet:|emne/subject|subject/emne|tittel på e-post"),
    "reply": (
        "reply to|odgovori na|odpověď na|răspuns către|yanıt adresi|кому відповісти|svar til|svara till|antwort an"
        "|rispondi a|responder a|répondre à|odpowiedz do|vastaa osoitteeseen"
        "|beantwoorden aan|odpovědět komu|atsakyti|svarthald|svar på|responder para|ответить|ответить на|antwoord aan"
        "|antwoorden aan|відповісти|vastausosoite|vastaus|svarsadresse|svarsadress|antwortadresse"
    ),
    "id": "message id|meldings-id|meddelande-id|nachrichten-id",
    "other": "list-id|pièces jointes|pièce jointe|vedhæftede filer|ekki svara|archivos adjuntos|attached files",
}
"""Labels of more than one word, or with marks in them."""
