# ruby-jwt. It does not look at `typ`. Arguments: key set, issuer, audience. Reads a token a line.
require 'json'
require 'jwt'
require 'net/http'

jwks_uri, issuer, audience = ARGV
keys = nil
loader = lambda do |options|
  keys = nil if options[:invalidate] # an unknown kid: fetch again
  keys ||= JSON.parse(Net::HTTP.get(URI(jwks_uri)), symbolize_names: true)
end
rules = {
  algorithms: ['RS256'], jwks: loader,
  iss: issuer, verify_iss: true, aud: audience, verify_aud: true,
  required_claims: %w[exp iss aud sub], leeway: 30
}

$stdout.sync = true
$stdin.each_line do |line|
  _claims, header = JWT.decode(line.strip, nil, true, rules)
  raise JWT::DecodeError, 'not an access token' unless header['typ'] == 'at+jwt'

  puts 'ok'
rescue StandardError => e
  puts "#{e.class}: #{e.message.tr("\n", ' ')}"
end
