"""The addresses of the pages. The tests find every page here."""

from django.urls import path

from haidang.portals.views import (
    acting,
    conflicts,
    entering,
    lodging,
    officer,
    pricing,
    receipts,
    tariff,
    tariff_answers,
    trader,
    whatif,
)

urlpatterns = [
    path("", entering.home, name="home"),
    path("login", entering.log_in, name="login"),
    path("logout", entering.log_out, name="logout"),
    path("language", entering.choose_language, name="language"),
    path("sessions", entering.sessions, name="sessions"),
    path("sessions/end", entering.end_session, name="end-session"),
    path("health", entering.health, name="health"),
    path("tariff", tariff.tariff, name="tariff"),
    path("tariff/under/<str:digits>", tariff.branch, name="tariff-branch"),
    path("tariff/price", pricing.price, name="price"),
    path("tariff/<str:digits>", tariff.code, name="tariff-code"),
    path("receipts", receipts.check_receipt, name="receipt-check"),
    path("api/v1/tariff/codes", tariff_answers.codes, name="ask-codes"),
    path("api/v1/tariff/codes/<str:digits>", tariff_answers.code, name="ask-code"),
    path("api/v1/tariff/tree", tariff_answers.tree, name="ask-tree"),
    path("api/v1/tariff/quotes", tariff_answers.quotes, name="ask-quotes"),
    path("declarations", trader.declarations, name="declarations"),
    path("declarations/<str:number>", trader.declaration, name="declaration"),
    path("declarations/<str:number>/receipt", receipts.receipt, name="receipt"),
    path("declarations/<str:number>/served/<str:service_no>", acting.proof, name="proof"),
    path("lodge", lodging.lodge, name="lodge"),
    path("lodge/template", lodging.template, name="template"),
    path("lodge/new", lodging.new_form, name="new-form"),
    path("lodge/convert/<str:party>", lodging.convert, name="convert"),
    path("lodge/mark/<str:party>", lodging.mark, name="mark"),
    path("lodge/<uuid:form_id>", lodging.form, name="form"),
    path("lodge/<uuid:form_id>/content", lodging.form_content, name="form-content"),
    path("lodge/<uuid:form_id>/save", lodging.save_form, name="save-form"),
    path("lodge/<uuid:form_id>/drop", lodging.drop_form, name="drop-form"),
    path("lodge/<uuid:form_id>/check", lodging.check_form, name="check-form"),
    path("lodge/<uuid:form_id>/send", lodging.send_form, name="send-form"),
    path("codes/<str:list_name>", lodging.suggestions, name="codes"),
    path("signing/<str:party>", lodging.signing, name="signing"),
    path("parties/<str:party>/messages/<str:kind>", acting.message, name="message"),
    path("queue", officer.queue, name="queue"),
    path("files/<str:number>", officer.file, name="file"),
    path("files/<str:number>/receipt", receipts.file_receipt, name="file-receipt"),
    path("files/<str:number>/served/<str:service_no>", officer.proof, name="file-proof"),
    path("conflicts", conflicts.conflicts, name="conflicts"),
    path("whatif", whatif.whatifs, name="whatifs"),
    path("whatif/<int:number>", whatif.whatif, name="whatif"),
    path("key", officer.key, name="key"),
    path("acts", officer.act, name="acts"),
    path("decisions", officer.decision, name="decisions"),
]

handler403 = "haidang.portals.views.entering.forged"
handler404 = "haidang.portals.views.entering.not_found"
handler500 = "haidang.portals.views.entering.fault"
