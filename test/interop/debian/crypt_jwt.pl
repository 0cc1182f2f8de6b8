# Perl's Crypt::JWT. This version does not look at `typ`. Arguments: key set, issuer, audience. Reads a token a line.
use strict;
use warnings;
use Crypt::JWT qw(decode_jwt);
use HTTP::Tiny;
use JSON::PP;

my ($jwks_uri, $issuer, $audience) = @ARGV;
my $answer = HTTP::Tiny->new(timeout => 5)->get($jwks_uri);
die "no key set: $answer->{status}" unless $answer->{success};
my $keys = decode_json($answer->{content});

sub verify {
    my ($header, $claims) = decode_jwt(
        token => shift, kid_keys => $keys, accepted_alg => 'RS256', decode_header => 1,
        verify_iss => $issuer, verify_exp => 1, leeway => 30,
        verify_aud => sub { grep { $_ eq $audience } ref $_[0] eq 'ARRAY' ? @{ $_[0] } : ($_[0] // '') },
    );
    die "not an access token\n" unless ($header->{typ} // '') eq 'at+jwt';
}

$| = 1;
while (my $line = <STDIN>) {
    chomp $line;
    if (eval { verify($line); 1 }) { print "ok\n"; next }
    (my $problem = $@) =~ tr/\n/ /;
    print "refused: $problem\n";
}
