"""API views of files in and out, for the signed-in user. A key reaches the CSV of a track alone."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from drf_yasg.utils import no_body, swagger_auto_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common import clock
from common.http import valid
from common.parsing import MultiPartBody
from common.schema import NOT_FOUND
from common.throttling import UploadThrottle
from integrations.models import Transfer
from integrations.transfer import rules, serializers, services, storage, tables
from users.requests import user_of
from users.scopes import Scope

FORM_BYTES = 4096  # of a form, beside its file


class ImportsView(generics.ListAPIView[Transfer]):
    """Files that came in."""

    list_title = "My imports"
    serializer_class = serializers.ImportSerializer
    filter_backends: list[Any] = []
    queryset = Transfer.objects.none()
    parser_classes = [MultiPartBody]
    throttle_classes = [UploadThrottle]
    max_body_bytes = rules.MAX_UPLOAD_BYTES + FORM_BYTES

    def get_queryset(self) -> QuerySet[Transfer]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return services.imports_of(user_of(self.request)).defer("preview")

    @swagger_auto_schema(
        operation_summary="Upload a file to import",
        operation_description="Of Loop Habit Tracker, Beaver, HabitBull, Habitica, HabitTrove, Table Habit or Streaks, any "
        "CSV, or an export of this service. Nothing is made of it yet. It is read within seconds; ask `GET imports/{id}/` until "
        "its state is no longer `reading`. `waiting`: it has a preview of what would be made, what is left out and why, what "
        "is proposed instead, and what is asked. `failed`: the file is refused as a whole, for the reason in `code`, and "
        "deleted. An earlier file that was not started is forgotten.",
        request_body=serializers.UploadSerializer,
        responses={202: serializers.ImportDetailSerializer},
    )
    def post(self, request: Request) -> Response:
        file = valid(serializers.UploadSerializer, request)["file"]
        made = services.upload(user=user_of(request), name=file.name, file=file, now=clock.now())
        return Response(serializers.ImportDetailSerializer(made).data, status=status.HTTP_202_ACCEPTED)


class ImportView(APIView):
    """One file that came in."""

    throttle_classes = [UploadThrottle]

    @swagger_auto_schema(
        operation_summary="One import",
        operation_description="With its preview, how far it is, and the report of what was made so far.",
        responses={200: serializers.ImportDetailSerializer},
    )
    def get(self, request: Request, import_id: int) -> Response:
        found = services.imports_of(user_of(request)).get(pk=import_id)
        return Response(serializers.ImportDetailSerializer(found).data)

    @swagger_auto_schema(
        operation_summary="Answer what a preview asks",
        operation_description="The file is read again, in state `reading`, as after the upload. Fields that are left out keep "
        "their values. If it cannot be read with these answers, it keeps the preview and the answers that it had, with the "
        "reason in `code`.",
        request_body=serializers.PreviewAnswersSerializer,
        responses={202: serializers.ImportDetailSerializer, 404: NOT_FOUND},
    )
    def patch(self, request: Request, import_id: int) -> Response:
        choices = valid(serializers.PreviewAnswersSerializer, request)
        made = services.choose(user=user_of(request), transfer_id=import_id, choices=choices, now=clock.now())
        return Response(serializers.ImportDetailSerializer(made).data, status=status.HTTP_202_ACCEPTED)

    @swagger_auto_schema(
        operation_summary="Forget an import",
        operation_description="Deletes the file and its report. What was made of it stays; an import that runs ends.",
        responses={204: "Forgotten.", 404: NOT_FOUND},
    )
    def delete(self, request: Request, import_id: int) -> Response:
        services.delete(user=user_of(request), transfer_id=import_id, kinds=services.IN)
        return Response(status=status.HTTP_204_NO_CONTENT)


class StartImportView(APIView):
    """Begin to make what the preview shows."""

    @swagger_auto_schema(
        operation_summary="Start an import",
        operation_description="The service makes the habits one after the other; `GET imports/{id}/` tells how far it is. "
        "Days that have a log keep it, so the same file twice changes nothing. Starting it again does nothing.",
        request_body=no_body,
        responses={202: serializers.ImportSerializer, 404: NOT_FOUND},
    )
    def post(self, request: Request, import_id: int) -> Response:
        started = services.start(user=user_of(request), transfer_id=import_id, now=clock.now())
        return Response(serializers.ImportSerializer(started).data, status=status.HTTP_202_ACCEPTED)


class ExportsView(generics.ListAPIView[Transfer]):
    """Exports of everything that is the user's own."""

    list_title = "My exports"
    serializer_class = serializers.ExportSerializer
    filter_backends: list[Any] = []
    queryset = Transfer.objects.none()
    throttle_classes = [UploadThrottle]

    def get_queryset(self) -> QuerySet[Transfer]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return services.exports_of(user_of(self.request))

    @swagger_auto_schema(
        operation_summary="Make an export",
        operation_description="The service makes a zip of JSON Lines with all that you have said here: habits with the "
        "versions of their schedules, logs, pauses, goals, reminders, tags, achievements and memberships. `GET export/{id}/` "
        "tells how far it is. It can be restored by `POST imports/`, also by another installation. An earlier export is "
        "deleted; one that is being made is returned.",
        request_body=no_body,
        responses={202: serializers.ExportSerializer},
    )
    def post(self, request: Request) -> Response:
        valid(serializers.NothingSerializer, request)
        made = services.request_export(user=user_of(request), now=clock.now())
        return Response(serializers.ExportSerializer(made).data, status=status.HTTP_202_ACCEPTED)


class ExportView(APIView):
    """One export."""

    @swagger_auto_schema(
        operation_summary="One export",
        operation_description="How far it is, and until when its file can be fetched.",
        responses={200: serializers.ExportSerializer},
    )
    def get(self, request: Request, export_id: int) -> Response:
        found = services.exports_of(user_of(request)).get(pk=export_id)
        return Response(serializers.ExportSerializer(found).data)

    @swagger_auto_schema(
        operation_summary="Delete an export",
        operation_description="Its file can no longer be fetched.",
        responses={204: "Deleted.", 404: NOT_FOUND},
    )
    def delete(self, request: Request, export_id: int) -> Response:
        services.delete(user=user_of(request), transfer_id=export_id, kinds=[Transfer.Kind.EXPORT])
        return Response(status=status.HTTP_204_NO_CONTENT)


class ExportFileView(APIView):
    """The file of an export."""

    http_method_names = ["get", "options"]  # asking for the headers alone would use the one time up

    @swagger_auto_schema(
        operation_summary="Fetch an export",
        operation_description="The zip, once, within an hour after it was made.",
        responses={200: "The zip.", 404: NOT_FOUND},
    )
    def get(self, request: Request, export_id: int) -> StreamingHttpResponse:
        now = clock.now()
        export = services.fetch_export(user=user_of(request), transfer_id=export_id, now=now)
        return StreamingHttpResponse(
            storage.stored_pieces(export.pk),
            content_type="application/zip",
            headers={
                "Content-Length": str(export.size),
                "Content-Disposition": f'attachment; filename="habits-{now:%Y-%m-%d}.zip"',
            },
        )


class LogsFileView(APIView):
    """The logs of a track as CSV."""

    key_scopes = {"get": Scope.EXPORT_READ}

    @swagger_auto_schema(
        operation_summary="The logs of a track as CSV",
        operation_description="A line a day that has a log: day, habit, status, amount, unit, note, time of completion, "
        "source. A text that a spreadsheet would take for a formula has an apostrophe in front.",
        responses={200: "CSV in UTF-8.", 404: NOT_FOUND},
    )
    def get(self, request: Request, track_id: int) -> HttpResponse:
        track = tables.track_of(user_of(request), track_id)
        return HttpResponse(
            tables.csv_of(track),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="logs-{track.pk}.csv"'},
        )
