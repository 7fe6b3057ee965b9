/**
 * A value of an environment variable or a command argument. It stays a reference until the moment a process starts, so
 * that plans, journals and exports never hold a secret.
 */
export type Value =
  | { type: 'text'; text: string }
  /** An entry of the environment's own store (`landfall env`): secret or not, set by hand or generated. */
  | { type: 'stored'; name: string; secret: boolean }
  /** An output of a resource, such as `db.url`. `expandResources` replaces it; none is left in a planned App. */
  | { type: 'output'; resource: string; field: string }
  /** Where a component is reached from inside: a loopback address that stays the same over all releases. */
  | { type: 'address'; component: string; part: 'host' | 'port' | 'hostport' | 'url' }
  /** What the world calls the app. With `component`, that component's first route; without, all routes. */
  | { type: 'route'; component?: string; part: 'url' | 'host' | 'hosts' | 'origins' | 'cookieDomain' }
  /** A fact of the one instance that is being started. `volume` is the folder of a volume that it mounts. */
  | { type: 'instance'; field: 'port' | 'index' | 'release' | 'version' | 'artifact' }
  | { type: 'volume'; volume: string }
  | { type: 'join'; parts: Value[] }
  /** A part of an address, without its escapes; `default` where the address does not say it. `path` is without its first slash. */
  | { type: 'url-part'; url: Value; part: 'host' | 'port' | 'user' | 'password' | 'path'; default?: string }
  /** As it stands inside an address: `p@ss` becomes `p%40ss`. */
  | { type: 'url-text'; of: Value }
  /** Depends on whether a stored value is set; decided while planning. Without `otherwise` it is then not passed at all. */
  | { type: 'if-set'; name: string; value: Value; otherwise?: Value }
