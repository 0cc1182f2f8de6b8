// What the service and its account pages agree on.

/** JSON in `<meta name="watchword">` of the document. */
export interface PageSettings {
  /** Of the product, as its users know it. */
  readonly name: string;
  /** The path of a picture. */
  readonly logo?: string;
  /** An email address or an https URL. */
  readonly support?: string;
  readonly registration: 'open' | 'verified' | 'closed';
  /** Whether a mailed link can sign in. */
  readonly magicLinks: boolean;
  /** Where else people may sign in. */
  readonly providers: readonly PageProvider[];
  readonly passwordMinLength: number;
  readonly languages: readonly string[];
  /** The best of them for this browser. */
  readonly language: string;
  /** Where `return_to` may lead, beside the origin of the pages themselves. */
  readonly origins: readonly string[];
  readonly version: string;
}

/** An OpenID provider, as people know it. */
export interface PageProvider {
  /** In the addresses of its routes. */
  readonly id: string;
  readonly label: string;
  /** Whether somebody without an account gets one by signing in there. */
  readonly signsUp: boolean;
}

/**
 * @param path behind `/account/`, decoded or not
 * @returns the name of the page; rewriters of links put more behind it, as in `verify%23token=…`
 */
export const pageNameIn = (path: string): string | undefined => /^[a-z-]*(?![\w-])/.exec(path)?.[0];
