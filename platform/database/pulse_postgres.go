package database

import (
	"context"
	"hash/fnv"
	"time"

	"github.com/jackc/pgx/v5"
)

// sessionPulse is that of a process on PostgreSQL: a session of its own with an
// advisory lock (class, n), where class stands for the process and n grows with
// each beat. The server frees it when the session ends, others see it in
// pg_locks, and it is never on a disk.
type sessionPulse struct {
	conn  *pgx.Conn
	class int32
	n     int32
}

func startSessionPulse(ctx context.Context, dsn, module, id string) (*sessionPulse, error) {
	config, _, err := parseDSN(dsn)
	if err != nil {
		return nil, err
	}
	config.RuntimeParams["application_name"] = module + " alive"
	noticeLoss(config)
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	p := &sessionPulse{conn: conn, class: pulseClass(id)}
	// Shared, not to wait for a session of this process that has broken off
	// and that the server still keeps.
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock_shared($1, $2)", p.class, p.n); err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

func (p *sessionPulse) beat(ctx context.Context) error {
	_, err := p.conn.Exec(ctx, "SELECT pg_advisory_lock_shared($1, $2), pg_advisory_unlock_shared($1, $3)", p.class, p.n+1, p.n)
	p.n++
	return err
}

func (p *sessionPulse) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	p.conn.Close(ctx)
}

func feelSession(ctx context.Context, db querier, id string) (beat string, err error) {
	err = db.QueryRowContext(ctx, `SELECT COALESCE(string_agg(CAST(objid AS TEXT), ','), '') FROM pg_locks
		WHERE locktype = 'advisory' AND granted AND objsubid = 2 AND classid = CAST($1 AS BIGINT)
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`, pulseClass(id)).Scan(&beat)
	return beat, err
}

func pulseClass(id string) int32 {
	h := fnv.New32a()
	h.Write([]byte(id))
	return int32(h.Sum32() & 0x7fffffff)
}
