/** An answer of the protocol that says no. Clients match on the code; `status` follows from it. */
export class S3Error extends Error {
  readonly code: Code
  readonly status: number
  constructor(code: Code, message?: string) {
    const [status, usual] = CODES[code]
    super(message ?? usual)
    this.code = code
    this.status = status
  }
}

const CODES = {
  AccessControlListNotSupported: [400, 'The bucket does not allow access lists: nothing in it is public'],
  AccessDenied: [403, 'Access denied'],
  AuthorizationHeaderMalformed: [400, 'The authorization header is malformed'],
  AuthorizationQueryParametersError: [400, 'The authorization in the query is malformed'],
  BadDigest: [400, 'The checksum that was sent does not match what was received'],
  BucketAlreadyOwnedByYou: [409, 'The bucket is there already'],
  EntityTooLarge: [400, 'The upload is larger than an object or a part may be'],
  EntityTooSmall: [400, 'A part that is not the last one is smaller than 5 MiB'],
  IncompleteBody: [400, 'The body is shorter or longer than was announced'],
  InternalError: [500, 'The server could not do it; its log says why'],
  InvalidAccessKeyId: [403, 'The access key is not known here'],
  InvalidArgument: [400, 'An argument is invalid'],
  InvalidDigest: [400, 'The checksum is no checksum'],
  InvalidPart: [400, 'A part was not uploaded, or is another one by now'],
  InvalidPartOrder: [400, 'The parts are not in ascending order'],
  InvalidRange: [416, 'The range does not lie within the object'],
  InvalidRequest: [400, 'The request is invalid'],
  InvalidURI: [400, 'The address could not be understood'],
  KeyTooLongError: [400, 'A key may have 1024 bytes'],
  MalformedTrailerError: [400, 'The trailer is not the one that was announced'],
  MalformedXML: [400, 'The XML is malformed'],
  MetadataTooLarge: [400, 'The metadata of an object may have 2 KiB'],
  MethodNotAllowed: [405, 'The method is not allowed here'],
  MissingContentLength: [411, 'The length of the body must be announced'],
  NoSuchBucket: [404, 'There is no such bucket'],
  NoSuchKey: [404, 'There is no such key'],
  NoSuchUpload: [404, 'There is no such multipart upload'],
  NoSuchVersion: [404, 'There is no such version'],
  NotImplemented: [501, 'This bucket is for development and tests, and cannot do that'],
  PreconditionFailed: [412, 'A condition of the request does not hold'],
  RequestTimeTooSkewed: [403, 'The time of the request differs by more than 15 minutes from that of the server'],
  SignatureDoesNotMatch: [403, 'The signature is not the one that this secret key gives'],
  XAmzContentSHA256Mismatch: [400, 'The body is not the one whose digest was signed'],
} as const satisfies Record<string, readonly [number, string]>
export type Code = keyof typeof CODES
