FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends nginx-light curl && rm -rf /var/lib/apt/lists/* \
 && rm -rf /etc/nginx/sites-enabled /etc/nginx/conf.d && mkdir -p /etc/nginx/conf.d /usr/share/nginx/html \
 && useradd --system --no-create-home nginx \
 && printf 'user nginx;\nworker_processes 1;\npid /run/nginx.pid;\nevents { worker_connections 256; }\nhttp {\n  include /etc/nginx/mime.types;\n  default_type application/octet-stream;\n  access_log /dev/stdout;\n  include /etc/nginx/conf.d/*.conf;\n}\n' >/etc/nginx/nginx.conf
EXPOSE 80
STOPSIGNAL SIGQUIT
CMD ["nginx", "-g", "daemon off;"]
