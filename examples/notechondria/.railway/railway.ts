// Written by `landfall export railway`. Change landfall.yaml and export again.
// This file owns the whole environment: what is not in it is taken away by `railway config apply`, which asks first.
import { defineRailway, github, postgres, preserve, project, service, volume } from 'railway/iac'

export default defineRailway(() => {
  const theDb = postgres("db")

  const theStatic = volume("static", { sizeMB: 5000 })

  const theBackend = service("backend", {
    source: github("Trance-0/Notechondria", { branch: "main" }),
    build: { builder: "DOCKERFILE", dockerfilePath: "backend/Dockerfile" },
    preDeploy: ["env LANDFALL_PREPARE=yes /bin/sh /landfall/entrypoint.sh true"],
    healthcheck: "/api/v1/health/",
    healthcheckTimeout: 60,
    replicas: 1,
    deploy: {
      restartPolicyType: "ALWAYS",
      drainingSeconds: 10,
      limitOverride: { containers: { memoryBytes: 402653184 } },
    },
    domains: [{ domain: "api.notechondria.example", port: 8000 }],
    volumeMounts: { "/data/static": theStatic },
    env: {
      DJANGO_SECRET_KEY: preserve(),
      DATABASE_URL: theDb.env.DATABASE_URL,
      DJANGO_ALLOWED_HOSTS: "localhost,127.0.0.1,.localhost,notechondria.example,api.notechondria.example",
      DJANGO_CSRF_TRUSTED_ORIGINS: "https://notechondria.example,https://api.notechondria.example",
      FRONTEND_ORIGIN: "https://notechondria.example",
      DJANGO_PRODUCTION_STATIC_ROOT: "/data/static",
      DJANGO_PRODUCTION_MEDIA_ROOT: "/data/media",
      DJANGO_LOG_LEVEL: "INFO",
      DJANGO_ACCESS_LOG_FORCE_COLOR: preserve(),
      DJANGO_SUPERUSER_USERNAME: "admin",
      DJANGO_SUPERUSER_EMAIL: "admin@notechondria.example",
      DJANGO_SUPERUSER_PASSWORD: preserve(),
      BACKEND_VERSION: "0.1.66",
      SMTP_HOST: preserve(),
      SMTP_PORT: preserve(),
      SMTP_USERNAME: preserve(),
      SMTP_PASSWORD: preserve(),
      SMTP_FROM_EMAIL: preserve(),
      SMTP_USE_TLS: "False",
      SMTP_EMAIL_VERIFICATION_TTL_HOURS: "24",
      CLOUDFLARE_R2_BUCKET_NAME: preserve(),
      CLOUDFLARE_R2_ACCOUNT_ID: preserve(),
      CLOUDFLARE_R2_ACCESS_KEY_ID: preserve(),
      CLOUDFLARE_R2_SECRET_ACCESS_KEY: preserve(),
      CLOUDFLARE_R2_CUSTOM_DOMAIN: preserve(),
      CLOUDFLARE_R2_ENDPOINT: preserve(),
      GOOGLE_OAUTH_CLIENT_ID: preserve(),
      GOOGLE_OAUTH_CLIENT_SECRET: preserve(),
      GOOGLE_AUTHORIZED_REDIRECT_URI: preserve(),
      GITHUB_APP_CLIENT_ID: preserve(),
      GITHUB_APP_CLIENT_SECRET: preserve(),
      GITHUB_AUTHORIZED_REDIRECT_URI: preserve(),
      PORT: "8000",
      LANDFALL_PREPARE: "no",
      RAILWAY_RUN_UID: "0",
    },
  })

  const theEditor = service("editor", {
    source: github("Trance-0/Notechondria", { branch: "main" }),
    build: { builder: "DOCKERFILE", dockerfilePath: "frontend/editor/Dockerfile" },
    replicas: 1,
    deploy: { restartPolicyType: "ALWAYS", drainingSeconds: 10 },
    env: { PORT: "8080" },
  })

  const thePlanner = service("planner", {
    source: github("Trance-0/Notechondria", { branch: "main" }),
    build: { builder: "DOCKERFILE", dockerfilePath: "frontend/planner/Dockerfile" },
    replicas: 1,
    deploy: { restartPolicyType: "ALWAYS", drainingSeconds: 10 },
    env: { PORT: "8080" },
  })

  const thePortal = service("portal", {
    source: github("Trance-0/Notechondria", { branch: "main" }),
    build: { builder: "DOCKERFILE", dockerfilePath: "frontend/portal/Dockerfile" },
    replicas: 1,
    deploy: { restartPolicyType: "ALWAYS", drainingSeconds: 10 },
    domains: [{ domain: "notechondria.example", port: 8080 }],
    env: { PORT: "8080" },
  })

  return project("notechondria", { resources: [theDb, theStatic, theBackend, theEditor, thePlanner, thePortal] })
})
