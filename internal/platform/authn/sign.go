package authn

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"funn/internal/platform/db"
)

// Sign gives a text that carries value through a page and back. Only this Funn
// can have written it; it holds for the purpose and the time given. Anybody can
// read the value.
func (s *Sessions) Sign(ctx context.Context, purpose, value string, lasts time.Duration) (string, error) {
	key, err := s.signingKey(ctx)
	if err != nil {
		return "", err
	}
	until := strconv.FormatInt(time.Now().Add(lasts).Unix(), 10)
	return base64.RawURLEncoding.EncodeToString([]byte(value)) + "." + until + "." + mac(key, purpose, value, until), nil
}

// Signed gives the value of a text that Sign wrote for the purpose; ok is false
// for every other text, and for one whose time is up.
func (s *Sessions) Signed(ctx context.Context, purpose, text string) (value string, ok bool, err error) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return "", false, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[0])
	if err != nil {
		return "", false, nil
	}
	key, err := s.signingKey(ctx)
	if err != nil {
		return "", false, err
	}
	if !hmac.Equal([]byte(parts[2]), []byte(mac(key, purpose, string(raw), parts[1]))) {
		return "", false, nil
	}
	until, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || time.Now().Unix() >= until {
		return "", false, nil
	}
	return string(raw), true, nil
}

func mac(key, purpose, value, until string) string {
	h := hmac.New(sha256.New, []byte(key))
	fmt.Fprintf(h, "%d %s %s %s", len(purpose), purpose, until, value)
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// signingKey gives the key that all copies of the program share through the
// database. The first to need it makes it.
func (s *Sessions) signingKey(ctx context.Context) (string, error) {
	s.keyLock.Lock()
	defer s.keyLock.Unlock()
	if s.key != "" {
		return s.key, nil
	}
	const read = "SELECT secret FROM signing_key WHERE id = 1"
	keys, err := db.All[string](ctx, s.db, read)
	if err == nil && len(keys) == 0 {
		if _, err = s.db.Exec(ctx, "INSERT INTO signing_key (id, secret) VALUES (1, $1) ON CONFLICT (id) DO NOTHING", rand.Text()+rand.Text()); err == nil {
			keys, err = db.All[string](ctx, s.db, read)
		}
	}
	if err != nil || len(keys) == 0 {
		return "", fmt.Errorf("key to sign with: %w", err)
	}
	if !s.db.InTx(ctx) {
		s.key = keys[0] // inside a transaction the row may yet be rolled back
	}
	return keys[0], nil
}
