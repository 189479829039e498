# syntax=docker/dockerfile:1
# Gateway in one image: the browser's side is bundled, the gateway is published, the last stage runs it without root.
#   docker build -t gateway .
#   docker run --rm -it --network host -v gateway-data:/data gateway
# docker-compose.yml starts it with PostgreSQL, coturn and a sample PBX; docs/deploy.md says which ports it needs and why.

FROM node:20-bookworm-slim AS client
WORKDIR /build/src/client
COPY src/client/package.json src/client/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY src/client ./
COPY wwwroot /build/wwwroot
RUN npm run build

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /build
COPY . .
COPY --from=client /build/wwwroot ./wwwroot
RUN dotnet publish src/Gateway.Web -c Release -o /app -p:SkipPhoneClient=true

FROM mcr.microsoft.com/dotnet/aspnet:10.0 AS gateway
# OpenSSL comes with the base image; SQLite is the system's own, Opus is for the test tone, tzdata for business hours.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libsqlite3-0 libopus0 tzdata \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=build /app .
# The base image's user (uid 1654). A volume over /data takes over the owner that is set here.
RUN install -d -o $APP_UID -g $APP_UID -m 0700 /data
USER $APP_UID
VOLUME /data
ENV GATEWAY_DATA=/data \
    DOTNET_EnableDiagnostics=0
# Console, softphone and SIP over WebSocket; SIP; SIP over TLS; sound of all browsers; sound of phones and trunks.
EXPOSE 8443/tcp 5060/udp 5060/tcp 5061/tcp 40000/udp 40100-40499/udp
# SIGTERM: running calls have Gateway:Net:DrainTime to end (docker stop -t 45), then get their BYE and their records.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 CMD ["dotnet", "Gateway.Web.dll", "--health"]
ENTRYPOINT ["dotnet", "Gateway.Web.dll"]
CMD ["--rtp-ports", "40100-40499"]
