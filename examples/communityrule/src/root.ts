/** The folder that holds `public/`, `migrations/` and `seed-data/`: beside the bundle, or above `src/`. */
export const root = new URL(import.meta.url.endsWith('.ts') ? '../' : './', import.meta.url)
