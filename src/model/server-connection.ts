/** How to reach a PostgreSQL server. */
export interface ServerConnection {
  /** The name it has in the configuration. */
  name: string;
  host: string;
  port: number;
  user: string;
  password?: string;
  /** libpq's password file, where no password is given. */
  passFile?: string;
  sslmode: 'disable' | 'require' | 'verify-full';
  /** Path of the CA certificate, for `verify-full`. */
  sslRootCert?: string;
}
