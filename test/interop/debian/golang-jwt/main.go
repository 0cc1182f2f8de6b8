// golang-jwt. It checks the issuer and the audience only where asked, and does not look at `typ`.
// Arguments: key set, issuer, audience. Reads a token a line.
package main

import (
	"bufio"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"strings"

	"github.com/golang-jwt/jwt"
)

var errRefused = errors.New("not an access token for this service")

// golang-jwt reads no key sets: a service fetches it once in five minutes, and here once.
func keySet(uri string) (map[string]*rsa.PublicKey, error) {
	answer, err := http.Get(uri)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	var set struct{ Keys []struct{ Kid, N, E string } }
	if err := json.NewDecoder(answer.Body).Decode(&set); err != nil {
		return nil, err
	}
	keys := map[string]*rsa.PublicKey{}
	for _, key := range set.Keys {
		n, _ := base64.RawURLEncoding.DecodeString(key.N)
		e, _ := base64.RawURLEncoding.DecodeString(key.E)
		keys[key.Kid] = &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
	}
	return keys, nil
}

func main() {
	keys, err := keySet(os.Args[1])
	if err != nil {
		panic(err)
	}
	issuer, audience := os.Args[2], os.Args[3]
	parser := jwt.Parser{ValidMethods: []string{"RS256"}}
	verify := func(text string) error {
		token, err := parser.Parse(text, func(token *jwt.Token) (interface{}, error) {
			kid, _ := token.Header["kid"].(string)
			if key, ok := keys[kid]; ok {
				return key, nil
			}
			return nil, errRefused
		})
		if err != nil {
			return err
		}
		claims := token.Claims.(jwt.MapClaims)
		// Parse takes a token without exp: it checks exp only where it is.
		_, expires := claims["exp"]
		isOurs := expires && claims.VerifyIssuer(issuer, true) && claims.VerifyAudience(audience, true)
		if !isOurs || token.Header["typ"] != "at+jwt" {
			return errRefused
		}
		return nil
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 1<<16), 1<<16)
	for lines.Scan() {
		if err := verify(lines.Text()); err != nil {
			fmt.Println("refused: " + strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Println("ok")
		}
	}
}
