"""URL routes of share links: the owner's API under /api/, and the public pages."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from achievements.shares.pages import card_picture, share_page
from achievements.shares.views import ShareViewSet

router = SimpleRouter()
router.register("shares", ShareViewSet, basename="shares")

urlpatterns = router.urls
page_urlpatterns = [
    path("s/<str:token>/", share_page, name="share-page"),
    path("s/<str:token>/card.png", card_picture, name="share-card"),
]
