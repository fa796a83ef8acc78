# syntax=docker/dockerfile:1
# One binary, operator and executor in one: docker build -t holdfast .
ARG BUILD_IMAGE=swift:6.3-bookworm
ARG RUNTIME_IMAGE=debian:bookworm-slim

FROM ${BUILD_IMAGE} AS build
RUN apt-get update \
  && apt-get install -y --no-install-recommends libzstd-dev zlib1g-dev \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /src
# The dependencies first: they change less often than the sources.
COPY Package.swift ./
RUN swift package resolve
COPY Sources Sources
# Test targets are named in Package.swift, so their folders have to be there.
COPY Tests Tests
RUN swift build --configuration release --product holdfast --static-swift-stdlib \
  && install -D --strip "$(swift build --configuration release --show-bin-path)/holdfast" /out/holdfast

FROM ${RUNTIME_IMAGE}
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates libzstd1 zlib1g tzdata \
  && rm -rf /var/lib/apt/lists/*
COPY --from=build /out/holdfast /usr/local/bin/holdfast
# Numeric, so that runAsNonRoot can be checked.
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/holdfast"]
