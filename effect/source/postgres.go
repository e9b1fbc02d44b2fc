package source

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"

	"funn/effect/data"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// postgresTable is a table or view of a PostgreSQL database. One repeatable
// read transaction stays open from opening to closing, so that every scan
// sees the same rows.
type postgresTable struct {
	conn   *pgx.Conn
	tx     pgx.Tx
	name   string // for people
	from   string // quoted, for SQL
	fields data.Schema
	cast   []string // how each column is asked for
	rows   int64
}

func openPostgres(ctx context.Context, dsn, table string) (Source, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("open %s: the address is not understood", Redact(dsn)) // the parser's error may quote the password
	}
	p := &postgresTable{name: Redact(dsn) + "#" + table, rows: -1}
	parts := strings.Split(table, ".")
	for i := range parts {
		parts[i] = quoteIdentifier(parts[i])
	}
	p.from = strings.Join(parts, ".")
	if p.conn, err = pgx.ConnectConfig(ctx, config); err != nil {
		return nil, &ReadError{Source: p.name, Err: err}
	}
	if err := p.prepare(ctx); err != nil {
		return nil, errors.Join(&ReadError{Source: p.name, Err: err}, p.Close())
	}
	return p, nil
}

func (p *postgresTable) prepare(ctx context.Context) error {
	// Rows come in the order they are stored: whole-table reads, from the
	// start, by one process. A database that speaks the protocol without
	// these settings keeps its own order.
	for _, setting := range []string{
		"synchronize_seqscans = off", "max_parallel_workers_per_gather = 0",
		"enable_indexscan = off", "enable_indexonlyscan = off", "enable_bitmapscan = off",
		"default_transaction_read_only = on",
	} {
		var unknown interface{ SQLState() string }
		if _, err := p.conn.Exec(ctx, "SET "+setting); err != nil && !errors.As(err, &unknown) {
			return err
		}
	}
	var err error
	if p.tx, err = p.conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}); err != nil {
		return err
	}
	described, err := p.tx.Prepare(ctx, "funn_describe", "SELECT * FROM "+p.from)
	if err != nil {
		return err
	}
	for _, f := range described.Fields {
		column := quoteIdentifier(f.Name)
		kind, cast := data.String, column+"::text"
		switch f.DataTypeOID {
		case pgtype.BoolOID:
			kind, cast = data.Bool, column
		case pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID:
			kind, cast = data.Int, column+"::int8"
		case pgtype.Float4OID, pgtype.Float8OID, pgtype.NumericOID:
			kind, cast = data.Float, column+"::float8"
		case pgtype.ByteaOID:
			continue // not a value an estimation can use
		}
		p.fields = append(p.fields, data.Field{Name: f.Name, Kind: kind})
		p.cast = append(p.cast, cast)
	}
	var estimate float64
	if err := p.tx.QueryRow(ctx, "SELECT coalesce((SELECT reltuples FROM pg_class WHERE oid = to_regclass($1)), -1)::float8", p.from).Scan(&estimate); err == nil && estimate >= 0 {
		p.rows = int64(estimate)
	} else if err != nil {
		return err
	}
	return nil
}

func (p *postgresTable) Name() string                                { return p.name }
func (p *postgresTable) RowHint() int64                              { return p.rows }
func (p *postgresTable) Schema(context.Context) (data.Schema, error) { return p.fields, nil }

func (p *postgresTable) Close() error {
	// Closing ends the transaction; a lost connection is no news here.
	if err := p.conn.Close(context.Background()); err != nil {
		return fmt.Errorf("close %s: %w", p.name, err)
	}
	return nil
}

func (p *postgresTable) Scan(ctx context.Context, columns []string, fn func(data.Batch) error) error {
	fields, err := p.fields.Select(columns)
	if err != nil {
		return err
	}
	selected := make([]string, len(fields))
	for i, f := range fields {
		selected[i] = p.cast[p.fields.Index(f.Name)]
	}
	// Values are read in PostgreSQL's binary form: a float8 then arrives with
	// all its bits, and nothing is formatted and parsed again.
	rows, err := p.tx.Query(ctx, "SELECT "+strings.Join(selected, ", ")+" FROM "+p.from, pgx.QueryResultFormats{pgx.BinaryFormatCode})
	if err != nil {
		return p.failed(ctx, 0, err)
	}
	defer rows.Close()
	build := newBuilder(fields)
	var n int64
	for rows.Next() {
		n++
		for i, raw := range rows.RawValues() {
			if raw == nil {
				build.missing(i)
				continue
			}
			if err := p.place(build, i, fields[i].Kind, raw); err != nil {
				return refuseValue(p.name, fields[i].Name, n, err)
			}
		}
		if build.endRow() {
			if err := build.flush(ctx, fn); err != nil {
				return err
			}
		}
	}
	if err := rows.Err(); err != nil {
		return p.failed(ctx, n, err)
	}
	return build.flush(ctx, fn)
}

func (p *postgresTable) place(b *builder, i int, kind data.Kind, raw []byte) error {
	switch {
	case kind == data.String:
		return b.checkedText(i, raw)
	case kind == data.Bool && len(raw) == 1:
		b.bool(i, raw[0] != 0)
	case kind == data.Int && len(raw) == 8:
		v := int64(binary.BigEndian.Uint64(raw))
		if integerLooksLikeIdentity(v) {
			return errIdentity
		}
		b.int(i, v)
	case kind == data.Float && len(raw) == 8:
		v := math.Float64frombits(binary.BigEndian.Uint64(raw))
		if floatLooksLikeIdentity(v) {
			return errIdentity
		}
		if math.IsNaN(v) {
			b.missing(i)
			return nil
		}
		b.float(i, v)
	default:
		return fmt.Errorf("a value of %d bytes was not announced", len(raw))
	}
	return nil
}

func (p *postgresTable) failed(ctx context.Context, rows int64, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var server interface{ SQLState() string }
	if !errors.As(err, &server) {
		err = fmt.Errorf("the connection was lost: %w", err)
	}
	return &ReadError{Source: p.name, Rows: rows, Err: err}
}
