// Hashes that other systems have published, each with its password.

interface Vector {
  /** The system, and where it published the hash. */
  readonly from: string;
  readonly text: string;
  readonly password: string;
  readonly family: 'argon2' | 'bcrypt' | 'scrypt' | 'firebase' | 'pbkdf2' | 'wrapped';
  /** A verification takes some milliseconds at most. */
  readonly isCheap?: true;
}

const keycloak = (secretData: object, credentialData: object) =>
  JSON.stringify({
    ...{ type: 'password', secretData: JSON.stringify(secretData), credentialData: JSON.stringify(credentialData) },
  });

const argon2: readonly Omit<Vector, 'family'>[] = [
  {
    from: 'the reference implementation, test.c: argon2i of version 16',
    text: '$argon2i$m=65536,t=2,p=1$c29tZXNhbHQ$9sTbSlTio3Biev89thdrlKKiCaYsjjYVJxGAL3swxpQ',
    password: 'password',
  },
  {
    from: 'the reference implementation, test.c: argon2i of version 19',
    text: '$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA',
    password: 'password',
  },
  {
    from: 'the reference implementation, test.c: argon2id',
    text: '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    password: 'password',
  },
  {
    from: 'Django, test_hashers.py: argon2 without a version',
    text: 'argon2$argon2i$m=8,t=1,p=1$c29tZXNhbHQ$gwQOXSNhxiOxPOA0+PY10P9QFO4NAYysnqRt1GSQLE55m+2GYDt9FEjPMHhP2Cuf0nOEXXMocVrsJAtNSsKyfg',
    password: 'secret',
    isCheap: true,
  },
  {
    from: 'Django, test_hashers.py: argon2 of eight lanes',
    text: 'argon2$argon2id$v=19$m=102400,t=2,p=8$Y041dExhNkljRUUy$TMa6A8fPJhCAUXRhJXCXdw',
    password: 'secret',
  },
  {
    from: 'Supabase, admin_test.go',
    text: '$argon2id$v=19$m=32,t=3,p=2$SFVpOWJ0eXhjRzVkdGN1RQ$RXnb8rh7LaDcn07xsssqqulZYXOM/EUCEFMVcAcyYVk',
    password: 'test',
    isCheap: true,
  },
  {
    from: 'Keycloak 26, a realm for demonstrations by solo.io',
    text: keycloak(
      {
        ...{ value: 'BruFLfFkjH/8erZ26NnrbkOrWiZuQyDRCHD9o0R6Scg=', salt: 'Cf9AYCE5pAbb4CKEF0GUTA==' },
        additionalParameters: {},
      },
      {
        ...{ hashIterations: 5, algorithm: 'argon2' },
        additionalParameters: {
          ...{ hashLength: ['32'], memory: ['7168'], type: ['id'], version: ['1.3'], parallelism: ['1'] },
        },
      },
    ),
    password: 'password',
  },
];

const bcrypt: readonly Omit<Vector, 'family'>[] = [
  {
    from: 'crypt_blowfish, wrapper.c: 2a',
    text: '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW',
    password: 'U*U',
    isCheap: true,
  },
  {
    from: 'crypt_blowfish, wrapper.c: of 72 bytes and more only 72 count',
    text: '$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui',
    password: '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored',
    isCheap: true,
  },
  {
    from: 'Devise: the README of bcrypt-ruby',
    text: '$2a$12$K0ByB.6YI2/OYrB4fQOYLe6Tv0datUVf6VZ/2Jzwm879BW5K1cHey',
    password: 'my password',
  },
  {
    from: 'Laravel: its factory of users',
    text: '$2y$10$92IXUNpkjO0rOQ5byMi.Ye4oKoEa3Ro9llC/.og/at2.uheWG/igi',
    password: 'password',
  },
];

const scrypt: readonly Omit<Vector, 'family'>[] = [
  {
    from: 'passlib, test_handlers_scrypt.py: 16 lanes, RFC 7914 §12',
    text: '$scrypt$ln=10,r=8,p=16$TmFDbA$/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWI',
    password: 'password',
  },
  {
    from: 'passlib, test_handlers_scrypt.py: RFC 7914 §12',
    text: '$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofI',
    password: 'pleaseletmein',
  },
  {
    from: 'passlib, test_handlers_scrypt.py: cheap',
    text: '$scrypt$ln=8,r=2,p=1$dO6d0xoDoLT2PofQGoNQag$g/Wf2A0vhHhaJM+addK61QPBthSmYB6uVTtQzh8CM3o',
    password: 'password',
    isCheap: true,
  },
  {
    from: 'Django, test_hashers.py',
    text: 'scrypt$16384$seasalt$8$1$Qj3+9PPyRjSJIebHnG81TMjsqtaIGxNQG/aEB/NYafTJ7tibgfYz71m0ldQESkXFRkdVCBhhY8mx7rQwite/Pw==',
    password: 'lètmein',
  },
];

const firebase: readonly Omit<Vector, 'family'>[] = [
  {
    from: 'Firebase: the README of its scrypt utility',
    text: '$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==',
    password: 'user1password',
  },
  {
    from: 'Supabase, password_test.go',
    text: '$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=ou9tdYTGyYm8kuR6Dt0Bp0kDuAYoXrK16mbZO4yGwAn3oLspjnN0/c41v8xZnO1n14J3MjKj1b2g6AUCAlFwMw==$C0sHCg9ek77hsg==$zKVTMvnWVw5BBOZNUdnsalx4c4c7y/w7IS5p6Ut2+CfEFFlz37J9huyQfov4iizN8dbjvEJlM5tQaJP84+hfTw==',
    password: 'mytestpassword',
  },
];

const pbkdf2: readonly Omit<Vector, 'family'>[] = [
  {
    from: 'RFC 6070 §2: SHA-1, 4096 rounds',
    text: '$pbkdf2-sha1$i=4096,l=20$c2FsdA$SwB5AbdlSJq+rUnZJvch0GWkKcE',
    password: 'password',
    isCheap: true,
  },
  {
    from: 'RFC 7914 §11: SHA-256, 80000 rounds',
    text: '$pbkdf2-sha256$i=80000,l=64$TmFDbA$TdzY9guYviGDDO5e8icB+WQaRBjQTAQUrv8Ih2s0q1ah1CWhIlgzVJrbhBtRybMXaicr3ruh0HhHj2Kzl/M8jQ',
    password: 'Password',
  },
  {
    from: 'Django 4.2, test_hashers.py',
    text: 'pbkdf2_sha256$600000$seasalt$OAXyhAQ/4ZDA9V5RMExt3C1OwQdUpLZ99vm1McFlLRA=',
    password: 'lètmein',
  },
  {
    from: 'Django 4.2, test_hashers.py: SHA-1',
    text: 'pbkdf2_sha1$600000$seasalt2$2CLsaL1MZhq6JOG6QOHtVbiopHE=',
    password: 'lètmein',
  },
  {
    from: 'Django 1.5, test_hashers.py',
    text: 'pbkdf2_sha256$10000$seasalt$CWWFdHOWwPnki7HvkcqN9iA2T3KLW1cf2uZ5kvArtVY=',
    password: 'lètmein',
    isCheap: true,
  },
  {
    from: 'passlib, test_handlers_pbkdf2.py: SHA-1',
    text: '$pbkdf2$1212$OB.dtnSEXZK8U5cgxU/GYQ$y5LKPOplRmok7CZp/aqVDVg8zGI',
    password: 'password',
    isCheap: true,
  },
  {
    from: 'passlib, test_handlers_pbkdf2.py: SHA-256',
    text: '$pbkdf2-sha256$1212$4vjV83LKPjQzk31VI4E0Vw$hsYF68OiOUPdDZ1Fg.fJPeq1h/gXXY7acBp9/6c.tmQ',
    password: 'password',
    isCheap: true,
  },
  {
    from: 'passlib, test_handlers_pbkdf2.py: SHA-512',
    text: '$pbkdf2-sha512$1212$RHY0Fr3IDMSVO/RSZyb5ow$eNLfBK.eVozomMr.1gYa17k9B7KIK25NOEshvhrSX.esqY3s.FvWZViXz4KoLlQI.BzY/YTNJOiKc5gBYFYGww',
    password: 'password',
    isCheap: true,
  },
  {
    from: 'Keycloak 20, a realm for demonstrations by solo.io',
    text: keycloak(
      {
        ...{ value: 'JsfNbCOIdZUbyBJ+BT+VoGI91Ec2rWLOvkLPDaX8e9k=', salt: 'P5rtFkGtPfoaryJ6PizUJw==' },
        additionalParameters: {},
      },
      { hashIterations: 27_500, algorithm: 'pbkdf2-sha256', additionalParameters: {} },
    ),
    password: 'password',
  },
  {
    from: 'Keycloak before 8: a realm of a test, with a hash of two blocks',
    text: JSON.stringify({
      type: 'password',
      hashedSaltedValue: 'yOq7XCV421DLy9ePghMhjXzwM1gqd3D0gzcxYvhMDK4jTSHL9+AtOoB6pXJD/Z9GgWlqUPWLcI9LX1m9gta5Zg==',
      salt: '8pS+2QidRTCMyqpf+hYRJg==',
      ...{ hashIterations: 27_500, counter: 0, algorithm: 'pbkdf2-sha256', digits: 0, period: 0 },
    }),
    password: 'test',
  },
  {
    from: 'ASP.NET Identity, PasswordHasherTest.cs: SHA-512, 50 rounds',
    text: 'AQAAAAIAAAAyAAAAEOMwvh3+FZxqkdMBz2ekgGhwQ4B6pZWND6zgESBuWiHw',
    password: 'my password',
    isCheap: true,
  },
  {
    from: 'ASP.NET Identity, PasswordHasherTest.cs: SHA-256, 250,000 rounds',
    text: 'AQAAAAEAA9CQAAAAIESkQuj2Du8Y+kbc5lcN/W/3NiAZFEm11P27nrSN5/tId+bR1SwV8CO1Jd72r4C08OLvplNlCDc3oQZ8efcW+jQ=',
    password: 'my password',
  },
];

const wrapped: readonly Omit<Vector, 'family'>[] = [
  {
    from: 'Django: bcrypt over SHA-256',
    text: 'bcrypt_sha256$$2b$12$VADBCPlCt0wMa2zjUgaXl.jnrvoNt/kgjtRY7i./fo0V2IEp1l6f2',
    password: 'password',
  },
  {
    from: 'Django, test_hashers.py: SHA-1 with a salt',
    text: 'sha1$seasalt$cff36ea83f5706ce9aa7454e63e431fc726b2dc8',
    password: 'lètmein',
    isCheap: true,
  },
  {
    from: 'Django, test_hashers.py: MD5 with a salt',
    text: 'md5$seasalt$3f86d0d3d465b7b458c231bf3555c0e3',
    password: 'lètmein',
    isCheap: true,
  },
  {
    from: 'Django, test_hashers.py: MD5 without a salt',
    text: '88a434c88cca4e900f7874cd98123f43',
    password: 'lètmein',
    isCheap: true,
  },
  {
    from: 'Django, test_hashers.py: SHA-1 without a salt',
    text: 'sha1$$6d138ca3ae545631b3abd71a4f076ce759c5700b',
    password: 'lètmein',
    isCheap: true,
  },
  {
    from: 'passlib, test_handlers.py: {SSHA}',
    text: '{SSHA}0c0blFTXXNuAMHECS4uxrj3ZieMoWImr',
    password: 'testing123',
    isCheap: true,
  },
  {
    from: 'passlib, test_handlers.py: {SSHA} with a salt of eight bytes',
    text: '{SSHA}P90+qijSp8MJ1tN25j5o1PflUvlqjXHOGeOckw==',
    password: 'test',
    isCheap: true,
  },
  {
    from: 'passlib, test_handlers.py: {SMD5}',
    text: '{SMD5}UjFY34os/pnZQ3oQOzjqGu4yeXE=',
    password: 'testing1234',
    isCheap: true,
  },
  {
    from: 'passlib, test_handlers.py: {SHA}',
    text: '{SHA}at+xg6SiyUovktq1redipHiJpaE=',
    password: 'helloworld',
    isCheap: true,
  },
  {
    from: 'passlib, test_handlers.py: {MD5}',
    text: '{MD5}/F4DjTilcDIIVEHn/nAQsA==',
    password: 'helloworld',
    isCheap: true,
  },
];

const of = (family: Vector['family'], vectors: readonly Omit<Vector, 'family'>[]): readonly Vector[] =>
  vectors.map((vector) => ({ ...vector, family }));

export const foreignHashes: readonly Vector[] = [
  ...[of('argon2', argon2), of('bcrypt', bcrypt), of('scrypt', scrypt), of('firebase', firebase)].flat(),
  ...[of('pbkdf2', pbkdf2), of('wrapped', wrapped)].flat(),
];
