// Bare is the smallest HTTP server that Go can be: it answers every request with
// the same page of 7.6 kB and the headers that Funn sends. It is what Funn's own
// pages are held against, so that a figure says something on another machine too.
package main

import (
	"bytes"
	"fmt"
	"log"
	"net"
	"net/http"
)

func main() {
	page := bytes.Repeat([]byte("<p>En linje av en side</p>\n"), 7600/27)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("ready on http://%s\n", listener.Addr())
	log.Fatal(http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; form-action 'self'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		_, _ = w.Write(page) // a reader that has gone needs no answer
	})))
}
