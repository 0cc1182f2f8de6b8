-- The time of the protocol. Only the tests' template database redefines it.
CREATE FUNCTION protocol_now() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE AS 'SELECT clock_timestamp()';
