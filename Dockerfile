# The five services, dangold and the command line, on Debian 13: docker compose build

FROM debian:trixie-slim AS build
WORKDIR /src
# What they are built with, below what changes every day.
COPY deploy/debian/install-deps deploy/debian/packages.txt deploy/debian/
RUN sed '/^# tests and benchmarks/,$d' deploy/debian/packages.txt > deploy/debian/build.txt \
 && deploy/debian/install-deps build.txt
COPY CMakeLists.txt CMakePresets.json ./
COPY cmake cmake
COPY proto proto
COPY libs libs
COPY tools tools
COPY services services
ARG JOBS=2
ENV PROGRAMS="dangol dangold dangol-profile dangol-segmentation dangol-offer dangol-campaign dangol-response"
# ccache outlives the build: a change compiles only what depends on it.
RUN --mount=type=cache,target=/ccache \
    export CCACHE_DIR=/ccache CCACHE_SLOPPINESS=time_macros CCACHE_MAXSIZE=2G \
 && cmake --preset release >/dev/null \
 && cmake --build build/release -j "$JOBS" --target $PROGRAMS
# The programs without their symbols, and the packages of the libraries that they load.
RUN mkdir -p /out/bin \
 && for program in $PROGRAMS; do strip -o "/out/bin/$program" "build/release/bin/$program"; done \
 && ldd /out/bin/* | awk '/=> \// {print $3}' | sort -u | xargs realpath | xargs dpkg-query --search \
    | cut -d : -f 1 | sort -u > /out/packages

# The suites of what speaks to Kafka, Redis and Valkey, on these versions: tests/compose/suites.yml
FROM build AS tests
RUN apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends redis-server valkey-server python3-redis >/dev/null
RUN --mount=type=cache,target=/ccache \
    export CCACHE_DIR=/ccache CCACHE_SLOPPINESS=time_macros CCACHE_MAXSIZE=2G \
 && cmake --build build/release -j "$JOBS" --target kafka_test kafka_runtime_test online_test
COPY docs/online-store.md docs/
CMD ["sh", "-c", "set -e; for suite in online kafka kafka_runtime; do build/release/tests/${suite}_test --gtest_brief=1; done; DANGOL_TEST_REDIS_SERVER=/usr/bin/valkey-server build/release/tests/online_test --gtest_brief=1"]

FROM debian:trixie-slim
# ca-certificates for webhooks, openssl for make-secrets, tzdata for the zones of business units.
COPY --from=build /out/packages /tmp/packages
# No manuals and translations, as in the slim images; what the base has stays, or it would be there twice.
RUN printf 'path-exclude=/usr/share/%s/*\n' doc info lintian locale man > /etc/dpkg/dpkg.cfg.d/slim \
 && echo 'path-include=/usr/share/doc/*/copyright' >> /etc/dpkg/dpkg.cfg.d/slim \
 && apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends --no-upgrade \
    ca-certificates openssl tzdata $(cat /tmp/packages) >/dev/null \
 && rm -rf /tmp/packages /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/log/*.log /var/log/apt \
 && useradd --uid 10001 --user-group --no-create-home --home-dir /var/lib/dangol dangol \
 && install -d -o dangol -g dangol -m 0700 /var/lib/dangol \
    /secrets/ca /secrets/profile /secrets/segmentation /secrets/offer /secrets/campaign \
    /secrets/response /secrets/users \
 && install -d -o dangol -g dangol -m 0755 /secrets/redis
COPY deploy/compose/make-secrets /usr/local/bin/
COPY --from=build /out/bin /usr/local/bin
USER dangol
WORKDIR /var/lib/dangol
CMD ["dangol", "--help"]
