# The operator and the executor in one image:  docker build --tag registry.example.com/holdfast:0.1.0 .
ARG BUILD_IMAGE=swift:6.3-bookworm
ARG RUNTIME_IMAGE=debian:bookworm-slim

FROM ${BUILD_IMAGE} AS build
# The base image pins what Debian offers; versions of packages here would only go stale.
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install --yes --no-install-recommends libzstd-dev zlib1g-dev pkg-config binutils \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /src
# The dependencies first: they change less often than the sources.
COPY Package.swift ./
RUN swift package resolve
COPY Sources ./Sources
# Package.swift names the test targets too, whose folders have to be there to build anything.
COPY Tests ./Tests
RUN swift build --configuration release --product holdfast --static-swift-stdlib \
  && install -D -m 0755 "$(swift build --configuration release --show-bin-path)/holdfast" /out/holdfast \
  && strip /out/holdfast

FROM ${RUNTIME_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=""
LABEL org.opencontainers.image.title="holdfast" \
  org.opencontainers.image.description="Keeps restorable backups of a control plane and of the PKI it lives on" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"
# tzdata: schedules have time zones.
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates libgcc-s1 libstdc++6 libzstd1 tzdata zlib1g \
  && rm -rf /var/lib/apt/lists/*
COPY --from=build /out/holdfast /usr/local/bin/holdfast
# Numeric, so that Kubernetes can see that it is not root. Any other uid does as well.
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/holdfast"]
