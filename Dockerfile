# The server in an image without a shell: docker build -t parley .
ARG DENO_VERSION=2.9.6

FROM denoland/deno:${DENO_VERSION} AS build
WORKDIR /app
COPY . .
# The standard library and the transpiled modules, without which the image would need a network; and
# the folder of the messages, whose owner a new volume takes over.
RUN deno cache main.ts backup.ts health.ts && rm -f /deno-dir/*_cache_* && mkdir /data

FROM denoland/deno:distroless-${DENO_VERSION}
WORKDIR /app
COPY --from=build /deno-dir /deno-dir
COPY --from=build /app .
COPY --from=build --chown=1993:1993 /data /data
# A number, since this image has no names of users. In the other images of Deno it is "deno".
USER 1993:1993
# The settings of glibc's allocator are those of `deno task start`.
ENV CHAT_DATA=/data \
    DENO_NO_UPDATE_CHECK=1 \
    MALLOC_TRIM_THRESHOLD_=268435456 \
    MALLOC_TOP_PAD_=67108864 \
    MALLOC_MMAP_THRESHOLD_=268435456
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
  CMD ["deno", "run", "--cached-only", "--no-prompt", \
    "--allow-net", "--allow-env", "--allow-read", "health.ts"]
# Not through `deno task`, so that the signal of `docker stop` reaches the server itself.
ENTRYPOINT ["deno", "run", "--cached-only", "--no-prompt", "--v8-flags=--max-semi-space-size=8", \
  "--allow-net", "--allow-env", "--allow-sys=systemMemoryInfo,uid", "--allow-read", "--allow-write", \
  "main.ts"]
