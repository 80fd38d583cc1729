"""The addresses of the pages. The tests find every page here."""

from django.urls import path

from haidang.portals.views import conflicts, entering, officer, trader

urlpatterns = [
    path("", entering.home, name="home"),
    path("login", entering.log_in, name="login"),
    path("logout", entering.log_out, name="logout"),
    path("language", entering.choose_language, name="language"),
    path("sessions", entering.sessions, name="sessions"),
    path("sessions/end", entering.end_session, name="end-session"),
    path("health", entering.health, name="health"),
    path("declarations", trader.declarations, name="declarations"),
    path("declarations/<str:number>", trader.declaration, name="declaration"),
    path("queue", officer.queue, name="queue"),
    path("files/<str:number>", officer.file, name="file"),
    path("conflicts", conflicts.conflicts, name="conflicts"),
    path("key", officer.key, name="key"),
    path("acts", officer.act, name="acts"),
    path("decisions", officer.decision, name="decisions"),
]

handler403 = "haidang.portals.views.entering.forged"
handler404 = "haidang.portals.views.entering.not_found"
handler500 = "haidang.portals.views.entering.fault"
