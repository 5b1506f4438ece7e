# Builds the image from source: docker build -t roster:dev .
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o /image/roster ./cmd/node && mkdir /image/data

FROM scratch
LABEL org.opencontainers.image.title="Roster" \
      org.opencontainers.image.description="Keeps the roll of a fleet of software agents" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /image/roster /roster
# A new named volume takes its owner from this directory.
COPY --from=build --chown=65532:65532 /image/data /data
USER 65532:65532
EXPOSE 7400 7500/tcp 7500/udp
VOLUME /data
HEALTHCHECK --interval=5s --timeout=3s --start-period=15s --retries=3 CMD ["/roster", "healthcheck"]
ENTRYPOINT ["/roster"]
CMD ["node", "--data-dir", "/data"]
