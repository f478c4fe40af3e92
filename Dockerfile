# One image for all processes of the service; docker-compose.yml has their commands.

FROM node:24-bookworm-slim AS client
WORKDIR /build/client
COPY client/package.json client/package-lock.json client/.npmrc ./
RUN npm ci --omit=dev --ignore-scripts
COPY client/ ./
RUN npm run build \
    && npm sbom --sbom-format cyclonedx --omit dev > /build/client.cdx.json

FROM python:3.13-slim-bookworm AS build
COPY requirements.txt /build/requirements.txt
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --require-hashes -r /build/requirements.txt

# What the image contains, as CycloneDX lists it. The tool itself is not in the image.
FROM build AS sbom
COPY requirements-sbom.txt /build/requirements-sbom.txt
RUN python -m venv /opt/sbom \
    && /opt/sbom/bin/pip install --no-cache-dir --require-hashes -r /build/requirements-sbom.txt \
    && mkdir /sbom \
    && /opt/sbom/bin/cyclonedx-py environment --output-reproducible --output-file /sbom/python.cdx.json /opt/venv/bin/python

FROM python:3.13-slim-bookworm
# `make image` gives the revision and the time; `manage.py cut_release` writes the version.
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=unknown
LABEL org.opencontainers.image.title="Habit Tracker" \
      org.opencontainers.image.description="A self-hosted habit tracker: reminders that arrive, streaks that are true." \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.created="$CREATED" \
      org.opencontainers.image.licenses="MIT"
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin habits \
    && install -d -o habits -g habits /app \
    && install -d -o habits -g habits -m 0700 /data
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY . .
COPY --from=client /build/web/static/client web/static/client
COPY --from=sbom /sbom sbom
COPY --from=client /build/client.cdx.json sbom/
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DATA_DIR=/data
USER 10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import sys; from standalone.supervisor import is_responding; sys.exit(not is_responding('http://127.0.0.1:8000/readyz/'))"]
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", "--threads", "4", "--graceful-timeout", "25", "--no-control-socket"]
