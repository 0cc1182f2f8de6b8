// go-jose. It takes every algorithm of the key's kind, and does not look at `typ`.
// Arguments: key set, issuer, audience. Reads a token a line.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"gopkg.in/square/go-jose.v2"
	"gopkg.in/square/go-jose.v2/jwt"
)

func main() {
	answer, err := http.Get(os.Args[1])
	if err != nil {
		panic(err)
	}
	defer answer.Body.Close()
	var keys jose.JSONWebKeySet
	if err := json.NewDecoder(answer.Body).Decode(&keys); err != nil {
		panic(err)
	}
	expected := jwt.Expected{Issuer: os.Args[2], Audience: jwt.Audience{os.Args[3]}}
	verify := func(text string) error {
		token, err := jwt.ParseSigned(text)
		if err != nil {
			return err
		}
		header := token.Headers[0]
		if header.Algorithm != "RS256" || header.ExtraHeaders[jose.HeaderType] != "at+jwt" {
			return errors.New("not an access token")
		}
		var claims jwt.Claims
		if err := token.Claims(&keys, &claims); err != nil {
			return err
		}
		if claims.Expiry == nil {
			return errors.New("no exp")
		}
		return claims.ValidateWithLeeway(expected.WithTime(time.Now()), 30*time.Second)
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
