# syntax=docker/dockerfile:1
#
#   docker build -t code-checker .                                           the whole product
#   docker build -t submissions-get --build-arg FUNCTION=submissions-get .   one function

ARG FUNCTION

FROM rust:1.95.0-slim-trixie AS build
WORKDIR /src
# The toolchain is the project's, also when the image above has another one.
COPY rust-toolchain.toml .
RUN rustup toolchain install
COPY . .
ARG FUNCTION
# What was compiled stays for the next build, of whichever function. No database is needed: the queries' types are in .sqlx.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target,sharing=locked \
    SQLX_OFFLINE=true cargo build --release --locked --bin "${FUNCTION:-code-checker}" \
    && cp "target/release/${FUNCTION:-code-checker}" /program

FROM debian:trixie-slim AS base
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
USER 65532:65532
EXPOSE 3000

FROM base AS image
COPY --from=build /program /usr/local/bin/code-checker
HEALTHCHECK --interval=10s --timeout=6s --start-period=60s CMD ["code-checker", "healthy"]
ENTRYPOINT ["code-checker"]

FROM base AS image-of-a-function
COPY --from=build /program /usr/local/bin/function
ENTRYPOINT ["function"]

FROM image${FUNCTION:+-of-a-function}
