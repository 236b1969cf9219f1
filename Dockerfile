# The version of rust-toolchain.toml, so that no second toolchain is downloaded.
FROM rust:1.95.0-bookworm AS build
WORKDIR /src
ENV CARGO_TERM_COLOR=never
COPY rust-toolchain.toml ./
RUN rustup toolchain install

# The dependencies in layers of their own: they change seldom and take longest.
# Empty sources are enough to build them.
COPY Cargo.toml Cargo.lock ./
COPY .cargo .cargo
COPY crates/domain/Cargo.toml crates/domain/
COPY crates/api/Cargo.toml crates/api/
COPY crates/web/Cargo.toml crates/web/
COPY tests/Cargo.toml tests/
COPY xtask/Cargo.toml xtask/
RUN mkdir -p crates/domain/src crates/api/src crates/web/src tests/src tests/it xtask/src \
    && touch crates/domain/src/lib.rs crates/api/src/lib.rs tests/src/lib.rs \
    && for main in crates/api/src crates/web/src tests/it xtask/src; do echo 'fn main() {}' > "$main/main.rs"; done
RUN cargo build --locked --package xtask
# With the flags of `rust_flags` in xtask/src/web/mod.rs: with others it would be built again.
RUN RUSTFLAGS="--cfg erase_components --remap-path-prefix=/src=/ringback --remap-path-prefix=$CARGO_HOME=/cargo" \
    cargo build --locked --package ringback-web --target wasm32-unknown-unknown --profile web
RUN cargo build --locked --package ringback-api --bin ringback --release

COPY . .
# Cargo goes by the time of change, and a clone may be older than the layers above.
RUN find crates xtask tests -name '*.rs' -exec touch {} +
RUN cargo xtask web
RUN cargo build --locked --package ringback-api --bin ringback --release
# The folder of the database belongs to the user below.
RUN mkdir -p /out/data

FROM debian:bookworm-slim
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /src/target/release/ringback /usr/local/bin/ringback
COPY --from=build --chown=10001:10001 /out/data /data

ENV DATABASE_URL=sqlite:///data/ringback.db \
    RINGBACK_LISTEN=0.0.0.0:8080
USER 10001:10001
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 CMD ["ringback", "healthcheck"]
ENTRYPOINT ["ringback"]
CMD ["serve"]
