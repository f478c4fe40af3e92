"""URL routes of share links: the owner's API under /api/, and the public pages."""

from rest_framework.routers import SimpleRouter

from achievements.shares.pages import card_picture, share_page
from achievements.shares.views import ShareViewSet
from common.secret_paths import secret_path

router = SimpleRouter()
router.register("shares", ShareViewSet, basename="shares")

urlpatterns = router.urls
page_urlpatterns = [
    secret_path("s/<str:token>/", share_page, name="share-page"),
    secret_path("s/<str:token>/card.png", card_picture, name="share-card"),
]
