package app

import (
	"context"
	"encoding/base64"
	"fmt"

	"funn/internal/platform/seal"
)

// The setting that tells by which secret everything in the database is sealed.
const (
	secretSetting = "secret"
	secretPurpose = "the secret in use"
)

// settleSecret holds the secret against what lies sealed in the database, before
// anything more is sealed. What a former secret sealed is sealed anew. What neither
// opens would be lost unnoticed, and so would all that is written with a secret that
// was made up and is gone with the program: then it does not start.
func (h *house) settleSecret(ctx context.Context) error {
	if h.settings.Secret == (seal.Secret{}) {
		waiting, err := h.calls.Keyed(ctx)
		if err != nil {
			return err
		}
		boxes, err := h.applications.Sealed(ctx)
		if err == nil && (waiting || boxes) {
			err = refused{"FUNN_SECRET is not set, but this database has calls with keys, or drafts, that cannot do without: set it to what it was; see «The secret» in docs/operations.md"}
		}
		return err
	}
	return h.db.Tx(asSystem(ctx), func(ctx context.Context) error {
		known, err := setting(ctx, h.db, secretSetting)
		if err != nil {
			return err
		}
		if box, err := base64.StdEncoding.DecodeString(known); err == nil {
			if _, err := h.secret.Open(secretPurpose, "", box); err == nil {
				return nil
			}
		}
		written, lost, err := h.applications.Reseal(ctx, h.settings.Former)
		if err != nil {
			return err
		}
		parts, lostParts, err := h.calls.Reseal(ctx, h.settings.Former)
		if err != nil {
			return err
		}
		if n := lost + lostParts; n > 0 {
			return refused{fmt.Sprintf("%d drafts, copies and parts of keys in the database are sealed with another secret than this: set FUNN_SECRET to what it was, or FUNN_SECRET_FORMER to that beside the new one; see «The secret» in docs/operations.md", n)}
		}
		if n := written + parts; n > 0 {
			h.settings.Log.InfoContext(ctx, "sealed anew with the secret; FUNN_SECRET_FORMER is needed no more", "boxes", n)
		}
		return keep(ctx, h.db, secretSetting, base64.StdEncoding.EncodeToString(h.secret.Seal(secretPurpose, "", nil)))
	})
}
