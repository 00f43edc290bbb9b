#   docker build -t code-checker .                                           the whole product
#   docker build -t submissions-get --build-arg FUNCTION=submissions-get .   one function
#   docker build -t code-checker-judge --target judge .                      the judge, with the compilers that it runs programs with

ARG FUNCTION
# The image has no list of its crates; Cargo.lock, among the files of the build, is one.
ARG BUILDKIT_SBOM_SCAN_CONTEXT=true

FROM rust:1.95.0-slim-trixie AS toolchain
WORKDIR /src
# The toolchain is the project's, also when the image above has another one.
COPY rust-toolchain.toml .
RUN rustup toolchain install --no-self-update

# The workspace without its code: it stays the same until a dependency changes, and so does the layer that compiles them.
FROM toolchain AS manifests
COPY . .
RUN find . -type f ! -name Cargo.toml ! -name Cargo.lock ! -name rust-toolchain.toml -delete && find . -type d -empty -delete \
    && for package in functions/* local-runtime; do \
        mkdir -p "$package/src" && echo 'fn main() {}' >"$package/src/main.rs" && : >"$package/src/lib.rs"; \
    done \
    && for package in shared/*/; do mkdir -p "$package/src" && : >"$package/src/lib.rs"; done \
    && mkdir -p tests/it tests/bench/load/src && : >tests/lib.rs \
    && echo 'fn main() {}' \
        | tee shared/site/build.rs shared/db/build.rs functions/openapi/build.rs local-runtime/build.rs tests/bench/load/src/main.rs \
            >tests/it/main.rs

FROM toolchain AS sources
# 1 on a machine with little memory.
ARG JOBS=default
# No database is needed: the queries' types are in .sqlx.
ENV SQLX_OFFLINE=true
COPY --from=manifests /src .
# With the features of the whole workspace, so that every function shares this layer.
RUN cargo build --release --locked --workspace --bins --jobs "$JOBS"
COPY . .
# A copied file keeps its time, which may be before that of the empty one that was compiled in its place.
RUN find . -path ./target -prune -o -type f -exec touch {} +

FROM sources AS build
ARG FUNCTION JOBS=default
RUN cargo build --release --locked --workspace --bin "${FUNCTION:-code-checker}" --jobs "$JOBS" \
    && cp "target/release/${FUNCTION:-code-checker}" /program
# The program also needs the C library that it was built with, and the certificates.
RUN install -D -m 644 /etc/ssl/certs/ca-certificates.crt /files/etc/ssl/certs/ca-certificates.crt \
    && for library in $(ldd /program | grep -o '/[^ ]*'); do install -D "$library" "/files$library"; done

FROM sources AS build-of-the-judge
ARG JOBS=default
RUN cargo build --release --locked --workspace --bin judge --bin judge-run --jobs "$JOBS"

FROM debian:trixie-slim AS judge
# For Java and JavaScript too: "g++ python3 default-jdk-headless nodejs".
ARG JUDGE_PACKAGES="g++ python3"
# A build without the way to Debian's servers names its own in the secret apt-sources, in the form of a file in sources.list.d.
RUN --mount=type=secret,id=apt-sources,target=/etc/apt/sources.list.d/build.list \
    apt-get update && apt-get install -y --no-install-recommends $JUDGE_PACKAGES && rm -rf /var/lib/apt/lists/*
COPY --from=build-of-the-judge /src/target/release/judge /src/target/release/judge-run /usr/local/bin/
RUN judge headers /usr/local/share/judge
USER 65531:65531
EXPOSE 3000
LABEL org.opencontainers.image.title="CodeChecker's judge" \
    org.opencontainers.image.description="Runs programs that nobody trusts" \
    org.opencontainers.image.licenses=MIT
HEALTHCHECK --interval=10s --timeout=6s --start-period=60s --start-interval=1s CMD ["judge", "healthy"]
ENTRYPOINT ["judge", "--folder", "/work", "--headers", "/usr/local/share/judge"]

# No shell and no packages.
FROM scratch AS base
COPY --from=build /files /
# Large blocks, such as images, go back to the system when they are free, which the C library would learn to avoid.
ENV PATH=/usr/local/bin MALLOC_MMAP_THRESHOLD_=131072 MALLOC_ARENA_MAX=2
USER 65532:65532
EXPOSE 3000
LABEL org.opencontainers.image.title=CodeChecker \
    org.opencontainers.image.description="Finds the bug in a program that fails an online judge" \
    org.opencontainers.image.licenses=MIT

FROM base AS image
COPY --from=build /program /usr/local/bin/code-checker
HEALTHCHECK --interval=10s --timeout=6s --start-period=60s --start-interval=1s CMD ["code-checker", "healthy"]
ENTRYPOINT ["code-checker"]

FROM base AS image-of-a-function
COPY --from=build /program /usr/local/bin/function
ENTRYPOINT ["function"]

FROM image${FUNCTION:+-of-a-function}
