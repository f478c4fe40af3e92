"""Routes of sharing: the owner's below /api/, and the pages that anybody with a link may see."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from achievements.share_pages import card_picture, share_page
from achievements.share_views import ShareViewSet

router = SimpleRouter()
router.register("shares", ShareViewSet, basename="shares")

urlpatterns = router.urls
page_urlpatterns = [
    path("s/<str:token>/", share_page, name="share-page"),
    path("s/<str:token>/card.png", card_picture, name="share-card"),
]
