// Command funn follows a piece of knowledge from the need for it to its use.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"funn/internal/app"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := app.Run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
