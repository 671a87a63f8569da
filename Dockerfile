# syntax=docker/dockerfile:1
# One image for every part: `huobiao serve` (all in one), or web, worker, scheduler, migrate one by one.

FROM node:22-slim AS assets
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json vite.config.ts ./
COPY ui ./ui
RUN npm run build

FROM python:3.12-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/huobiao
WORKDIR /src
COPY requirements.lock ./
RUN /opt/huobiao/bin/pip install --quiet --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY builder ./builder
COPY migrations ./migrations
COPY runtime ./runtime
COPY templates_market ./templates_market
COPY ui ./ui
COPY --from=assets /src/ui/static/dist ./ui/static/dist
RUN /opt/huobiao/bin/pip install --quiet --no-deps --no-build-isolation .

FROM python:3.12-slim
RUN useradd --system --uid 10001 --user-group --home-dir /data --shell /usr/sbin/nologin huobiao \
    && install -d -o huobiao -g huobiao -m 700 /data
COPY --from=build /opt/huobiao /opt/huobiao
ENV PATH=/opt/huobiao/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HUOBIAO_DATA=/data \
    HUOBIAO_HOST=0.0.0.0 \
    HUOBIAO_LOG_JSON=1
USER huobiao
WORKDIR /data
VOLUME /data
EXPOSE 8787
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8787/ready', timeout=4)"]
ENTRYPOINT ["huobiao"]
CMD ["serve"]
