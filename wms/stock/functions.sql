-- The ledger of quantities. These functions are the only writers of `stock` and `stock_entry`.
--
-- Applied after the migrations at every upgrade; each is CREATE OR REPLACE. A refusal is raised with SQLSTATE KO001, its code
-- as the message and its parameters as JSON in the detail; wms.kit.db turns it into a Refusal.
--
-- Lock order: units by id (against leaving), account lines by id, limited locations by id, stock rows by id, reservations.
-- Everything that posts, one entry or ten thousand, goes through post_stock, so no two postings take these locks in another
-- order.

CREATE OR REPLACE FUNCTION refuse(code text, params jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', code USING ERRCODE = 'KO001', DETAIL = params::text;
END $$;

-- The id of a stock row from its dimensions; StockKey.id in Python is the same.
CREATE OR REPLACE FUNCTION stock_id(
    place_id uuid, item_id uuid, owner_id uuid, customs_status text, condition text,
    lot_id uuid, serial_id uuid, account_line_id uuid
) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT encode(substr(sha256(convert_to(
        place_id::text || '|' || item_id::text || '|' || owner_id::text || '|' || customs_status || '|' || condition || '|'
        || coalesce(lot_id::text, '') || '|' || coalesce(serial_id::text, '') || '|' || coalesce(account_line_id::text, ''),
        'UTF8')), 1, 16), 'hex')::uuid
$$;

-- A link of a chain: SHA-256 over the previous link and what was written. Used as an aggregate in entry order.
-- plpgsql, as an SQL function is started anew for every row of an aggregate.
CREATE OR REPLACE FUNCTION chain_step(state bytea, previous bytea, body text) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN sha256(coalesce(state, previous) || convert_to(body, 'UTF8'));
END $$;
CREATE OR REPLACE AGGREGATE chain_digest(previous bytea, body text) (SFUNC = chain_step, STYPE = bytea);

-- What the chain covers of an entry, in one text.
CREATE OR REPLACE FUNCTION entry_body(
    posting_id uuid, from_stock_id uuid, to_stock_id uuid, from_place_id uuid, to_place_id uuid,
    quantity numeric, weight_g bigint, cause text, document_id uuid, reverses_id bigint,
    happened_at timestamptz, recorded_at timestamptz, actor_id uuid
) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT posting_id::text || '|' || coalesce(from_stock_id::text, '') || '|' || coalesce(to_stock_id::text, '') || '|'
        || from_place_id::text || '|' || to_place_id::text || '|' || trim_scale(quantity)::text || '|' || weight_g::text || '|'
        || cause || '|' || coalesce(document_id::text, '') || '|' || coalesce(reverses_id::text, '') || '|'
        || extract(epoch FROM happened_at)::text || '|' || extract(epoch FROM recorded_at)::text || '|' || actor_id::text
$$;

-- The location a place lies at: itself, or the one at the root of its unit's tree.
CREATE OR REPLACE FUNCTION root_location(p_place_id uuid) RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT u.location_id FROM unit u WHERE u.id = p_place_id), p_place_id)
$$;

-- The location a place lay at at an instant, by the journal of units: as recorded then, or by when it happened.
CREATE OR REPLACE FUNCTION location_at(p_place_id uuid, p_at timestamptz, p_by_event boolean) RETURNS uuid
LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_place uuid := p_place_id;
    v_next uuid;
BEGIN
    FOR depth IN 1..20 LOOP
        IF p_by_event THEN
            SELECT to_place_id INTO v_next FROM journal WHERE unit_id = v_place AND happened_at <= p_at
            ORDER BY happened_at DESC, id DESC LIMIT 1;
        ELSE
            SELECT to_place_id INTO v_next FROM journal WHERE unit_id = v_place AND recorded_at <= p_at
            ORDER BY id DESC LIMIT 1;
        END IF;
        IF v_next IS NULL THEN
            RETURN v_place;
        END IF;
        v_place := v_next;
    END LOOP;
    RETURN v_place;
END $$;

-- Active holds that cover a stock row, by each of their selectors. A unit's hold covers what is in it, however deep.
CREATE OR REPLACE FUNCTION holds_on(p_stock_id uuid) RETURNS SETOF stock_hold LANGUAGE sql STABLE AS $$
    WITH RECURSIVE s AS MATERIALIZED (SELECT * FROM stock WHERE id = p_stock_id),
    up AS (
        SELECT u.id, u.place_id, u.location_id, 1 AS depth FROM unit u JOIN s ON u.id = s.place_id
        UNION ALL SELECT u.id, u.place_id, u.location_id, up.depth + 1 FROM unit u JOIN up ON u.id = up.place_id WHERE up.depth < 20
    )
    SELECT h.* FROM stock_hold h, s
    JOIN location l ON l.id = coalesce((SELECT location_id FROM up WHERE depth = 1), s.place_id)
    JOIN trade_item i ON i.id = s.item_id
    WHERE h.released_at IS NULL
      AND (h.item_id IS NULL OR h.item_id = s.item_id)
      AND (h.lot_id IS NULL OR h.lot_id = s.lot_id)
      AND (h.owner_id IS NULL OR h.owner_id = s.owner_id)
      AND (h.location_id IS NULL OR h.location_id = l.id)
      AND (h.site IS NULL OR h.site = l.site)
      AND (h.hs_prefix IS NULL OR starts_with(i.hs_code, h.hs_prefix))
      AND (h.unit_id IS NULL OR h.unit_id IN (SELECT id FROM up))
$$;

-- Whether any hold covers a row. The first question spares most rows the walk through their selectors.
CREATE OR REPLACE FUNCTION is_held(s stock) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM stock_hold h WHERE h.released_at IS NULL AND (h.item_id IS NULL OR h.item_id = s.item_id)
                   AND (h.lot_id IS NULL OR h.lot_id = s.lot_id) AND (h.owner_id IS NULL OR h.owner_id = s.owner_id))
       AND EXISTS (SELECT FROM holds_on(s.id))
$$;

-- Refuse when a limited location does not take what now lies in it. Its row is locked by the caller, so that two arrivals
-- that fit one by one do not both pass.
CREATE OR REPLACE FUNCTION check_location(p_location_id uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    l location;
    wrong record;
    n bigint;
    grams numeric;
    volume numeric;
BEGIN
    SELECT * INTO l FROM location WHERE id = p_location_id;
    IF NOT l.limited THEN
        RETURN;
    END IF;
    FOR wrong IN
        WITH here AS (
            SELECT s.item_id, s.lot_id, s.owner_id, s.customs_status, s.quantity, s.weight_g, s.place_id
            FROM stock s WHERE s.place_id = l.id AND s.quantity > 0
            UNION ALL
            SELECT s.item_id, s.lot_id, s.owner_id, s.customs_status, s.quantity, s.weight_g, s.place_id
            FROM unit u JOIN stock s ON s.place_id = u.id WHERE u.location_id = l.id AND s.quantity > 0
        )
        SELECT i.sku, i.temperature, i.dangerous_class, h.customs_status FROM here h JOIN trade_item i ON i.id = h.item_id
        WHERE (l.temperature IS NOT NULL AND i.temperature <> l.temperature)
           OR (l.customs_statuses IS NOT NULL AND NOT l.customs_statuses ? h.customs_status)
           OR (l.dangerous_classes IS NOT NULL AND i.dangerous_class IS NOT NULL
               AND NOT l.dangerous_classes ? i.dangerous_class)
        LIMIT 1
    LOOP
        IF l.temperature IS NOT NULL AND wrong.temperature <> l.temperature THEN
            PERFORM refuse('wrong_temperature', jsonb_build_object(
                'location', l.name, 'sku', wrong.sku, 'needs', wrong.temperature, 'has', l.temperature));
        ELSIF l.customs_statuses IS NOT NULL AND NOT l.customs_statuses ? wrong.customs_status THEN
            PERFORM refuse('wrong_customs_zone', jsonb_build_object(
                'location', l.name, 'sku', wrong.sku, 'customs_status', wrong.customs_status));
        ELSE
            PERFORM refuse('dangerous_goods_refused', jsonb_build_object(
                'location', l.name, 'sku', wrong.sku, 'class', wrong.dangerous_class));
        END IF;
    END LOOP;
    IF l.mixing IS NOT NULL THEN
        SELECT CASE l.mixing
            WHEN 'one_item' THEN count(DISTINCT s.item_id)
            WHEN 'one_owner' THEN count(DISTINCT s.owner_id)
            ELSE count(DISTINCT (s.item_id, s.lot_id)) END
        INTO n FROM stock s
        WHERE s.quantity > 0
          AND s.place_id IN (SELECT l.id UNION ALL SELECT id FROM unit WHERE location_id = l.id);
        IF n > 1 THEN
            PERFORM refuse('mixing_forbidden', jsonb_build_object('location', l.name, 'rule', l.mixing));
        END IF;
    END IF;
    IF l.max_weight_g IS NOT NULL OR l.max_volume_mm3 IS NOT NULL THEN
        SELECT coalesce(sum(CASE WHEN s.weight_g > 0 THEN s.weight_g ELSE s.quantity * coalesce(i.weight_g, 0) END), 0),
               coalesce(sum(s.quantity * coalesce(i.length_mm, 0) * coalesce(i.width_mm, 0) * coalesce(i.height_mm, 0)), 0)
        INTO grams, volume
        FROM stock s JOIN trade_item i ON i.id = s.item_id
        WHERE s.quantity > 0
          AND s.place_id IN (SELECT l.id UNION ALL SELECT id FROM unit WHERE location_id = l.id);
        IF grams > l.max_weight_g THEN
            PERFORM refuse('location_overweight', jsonb_build_object(
                'location', l.name, 'weight_g', ceil(grams), 'max_weight_g', l.max_weight_g));
        ELSIF volume > l.max_volume_mm3 THEN
            PERFORM refuse('location_full', jsonb_build_object('location', l.name));
        END IF;
    END IF;
    IF l.max_units IS NOT NULL THEN
        SELECT count(*) INTO n FROM unit WHERE place_id = l.id;
        IF n > l.max_units THEN
            PERFORM refuse('location_full', jsonb_build_object('location', l.name));
        END IF;
    END IF;
    IF l.max_height_mm IS NOT NULL THEN
        SELECT max(height_mm) INTO n FROM unit WHERE place_id = l.id;
        IF n > l.max_height_mm THEN
            PERFORM refuse('unit_too_high', jsonb_build_object(
                'location', l.name, 'height_mm', n, 'max_height_mm', l.max_height_mm));
        END IF;
    END IF;
END $$;

-- Dangerous goods that may not share a location.
CREATE OR REPLACE FUNCTION check_segregation(p_location_id uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    pair record;
BEGIN
    FOR pair IN
        WITH classes AS (
            SELECT DISTINCT i.dangerous_class AS class FROM stock s JOIN trade_item i ON i.id = s.item_id
            WHERE s.quantity > 0 AND i.dangerous_class IS NOT NULL
              AND s.place_id IN (SELECT p_location_id UNION ALL SELECT id FROM unit WHERE location_id = p_location_id)
        )
        SELECT g.* FROM dangerous_segregation g
        WHERE g.one_class IN (SELECT class FROM classes) AND g.other_class IN (SELECT class FROM classes)
        LIMIT 1
    LOOP
        PERFORM refuse('segregation', jsonb_build_object(
            'location', (SELECT name FROM location WHERE id = p_location_id),
            'one_class', pair.one_class, 'other_class', pair.other_class));
    END LOOP;
END $$;

-- Open rows that goods reach for the first time, empty. In key order, as two postings may open the same rows.
CREATE OR REPLACE FUNCTION open_stock(
    t uuid[], tp uuid[], i uuid[], o uuid[], l uuid[], sr uuid[], c text[], a uuid[], k text[], h timestamptz[]
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT c <@ ARRAY['duty_unpaid', 'free', 'export_released', 'under_inspection', 'detained', 'foreign']
       OR NOT k <@ ARRAY['good', 'quality_check', 'damaged', 'quarantine', 'returned'] THEN
        RAISE EXCEPTION 'an entry with an unknown customs status or condition' USING ERRCODE = 'check_violation';
    END IF;
    INSERT INTO stock (id, place_id, item_id, owner_id, lot_id, serial_id, customs_status, account_line_id, condition,
                       quantity, reserved, held, weight_g, first_at, chain)
    SELECT DISTINCT ON (e.id) e.id, e.tp, e.i, e.o, e.l, e.s, e.c, e.a, e.k, 0, 0, 0, 0, e.h, ''::bytea
    FROM unnest(t, tp, i, o, l, sr, c, a, k, h) AS e(id, tp, i, o, l, s, c, a, k, h)
    WHERE e.id IS NOT NULL AND NOT EXISTS (SELECT FROM stock WHERE stock.id = e.id)
    ORDER BY e.id
    ON CONFLICT (id) DO NOTHING;
END $$;

-- Post entries: balances, account lines and journal change together or not at all. Returns the number of entries.
--
-- Every entry is an object:
--   f, t     stock rows it leaves and reaches; absent where that end is outside
--   fp, tp   places of the two ends
--   i o l s c a k   dimensions of the row it reaches (item, owner, lot, serial, customs status, account line, condition);
--                   where it reaches none, of the row it leaves
--   fo, fa   owner (absent: o) and account line it leaves
--   q, w     quantity in base units, grams of catch weight
--   r        reservation it consumes; without one it takes only what is neither reserved nor held
--   g        true: refused while a hold covers the row it leaves
--   d, x     document, reversed entry
--   h        when it happened (absent: now)
-- The plans are generic and go by index: planning costs more than posting, and what is asked for is always a few rows of many.
-- With `p_site`, a move by hand: a unit at either end that lies at another site is refused (it went there after it was looked
-- up), and so is a location that is closed to arrivals.
DROP FUNCTION IF EXISTS post_stock(jsonb, uuid, text, uuid, timestamptz);
CREATE OR REPLACE FUNCTION post_stock(
    p_entries jsonb, p_posting_id uuid, p_cause text, p_actor_id uuid, p_now timestamptz, p_site text DEFAULT NULL
) RETURNS integer LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    f uuid[]; t uuid[]; fp uuid[]; tp uuid[]; i uuid[]; o uuid[]; fo uuid[]; l uuid[]; sr uuid[]; c text[]; a uuid[]; fa uuid[];
    k text[]; q numeric[]; w bigint[]; r uuid[]; g boolean[]; d uuid[]; x bigint[]; h timestamptz[];
    v_accounts boolean; v_reserving boolean; v_serials boolean;
    v_earliest timestamptz;
    v_units boolean;
    v_gone uuid;
    v_closed text;
    v_guarded uuid[]; v_limited uuid[]; v_dangerous uuid[];
    v_rows uuid[];
    v_found integer;
    v_wrong integer;
    v_written integer;
    v_taken numeric;
    v_body text;
    v_digest bytea;
    v_reached bytea;
BEGIN
    SELECT array_agg(e.f), array_agg(e.t), array_agg(e.fp), array_agg(e.tp), array_agg(e.i), array_agg(e.o), array_agg(e.fo),
           array_agg(e.l), array_agg(e.s), array_agg(e.c), array_agg(e.a), array_agg(e.fa), array_agg(e.k), array_agg(e.q),
           array_agg(coalesce(e.w, 0)), array_agg(e.r), array_agg(e.g), array_agg(e.d), array_agg(e.x),
           array_agg(coalesce(e.h, p_now)), bool_or(e.a IS NOT NULL OR e.fa IS NOT NULL), bool_or(e.r IS NOT NULL),
           bool_or(e.s IS NOT NULL), array_agg(e.f) FILTER (WHERE e.g AND e.f IS NOT NULL), min(e.h)
    INTO f, t, fp, tp, i, o, fo, l, sr, c, a, fa, k, q, w, r, g, d, x, h, v_accounts, v_reserving, v_serials, v_guarded,
         v_earliest
    FROM jsonb_to_recordset(p_entries) AS e(
        f uuid, t uuid, fp uuid, tp uuid, i uuid, o uuid, fo uuid, l uuid, s uuid, c text, a uuid, fa uuid, k text,
        q numeric(18, 6), w bigint, r uuid, g boolean, d uuid, x bigint, h timestamptz);
    IF v_earliest < '1970-01-01Z' THEN
        RAISE EXCEPTION 'an entry from before there were warehouses' USING ERRCODE = 'datetime_field_overflow';
    END IF;

    -- 1. Units stay where they are from here on; then, what the limits of places have to say to, at the end.
    PERFORM FROM unit WHERE id = ANY (fp || tp) ORDER BY id FOR KEY SHARE;
    v_units := FOUND;
    IF v_units AND p_site IS NOT NULL THEN
        SELECT u.id INTO v_gone FROM unit u JOIN location p ON p.id = u.location_id
        WHERE u.id = ANY (fp || tp) AND p.site <> p_site LIMIT 1;
    END IF;
    -- Most postings reach neither a unit nor a limited place nor bring dangerous goods; that is soon asked.
    IF v_units OR EXISTS (SELECT FROM location WHERE id = ANY (tp) AND (limited OR virtual OR NOT enabled))
       OR EXISTS (SELECT FROM trade_item WHERE id = ANY (i) AND dangerous_class IS NOT NULL) THEN
        SELECT array_agg(DISTINCT p.id) FILTER (WHERE p.limited),
               array_agg(DISTINCT p.id) FILTER (WHERE ti.dangerous_class IS NOT NULL),
               coalesce(v_gone, (array_agg(u.id) FILTER (WHERE p.virtual))[1]),
               (array_agg(p.name) FILTER (WHERE NOT p.enabled))[1]
        INTO v_limited, v_dangerous, v_gone, v_closed
        FROM unnest(t, tp, i) AS e(id, place_id, item_id)
        LEFT JOIN unit u ON u.id = e.place_id
        JOIN location p ON p.id = coalesce(u.location_id, e.place_id)
        JOIN trade_item ti ON ti.id = e.item_id
        WHERE e.id IS NOT NULL AND (p.limited OR p.virtual OR NOT p.enabled OR ti.dangerous_class IS NOT NULL);
    END IF;
    IF v_closed IS NOT NULL AND p_site IS NOT NULL THEN
        PERFORM refuse('location_disabled', jsonb_build_object('location', v_closed));
    END IF;
    IF v_gone IS NOT NULL THEN
        PERFORM refuse('unit_elsewhere', jsonb_build_object('unit', v_gone));
    END IF;

    -- 2. Locks, in the one order.
    IF v_accounts THEN
        PERFORM FROM account_line WHERE id = ANY (a || fa) ORDER BY id FOR UPDATE;
    END IF;
    IF v_limited IS NOT NULL OR v_dangerous IS NOT NULL THEN
        PERFORM FROM location WHERE id = ANY (v_limited || v_dangerous) ORDER BY id FOR NO KEY UPDATE;
    END IF;
    IF cardinality(q) > 1 OR v_reserving THEN
        v_rows := f || t;
        SELECT count(*) INTO v_found FROM (SELECT FROM stock WHERE id = ANY (v_rows) ORDER BY id FOR NO KEY UPDATE) locked;
        IF v_found < (SELECT count(DISTINCT e.id) FROM unnest(v_rows) AS e(id)) THEN
            PERFORM open_stock(t, tp, i, o, l, sr, c, a, k, h);
            PERFORM FROM stock WHERE id = ANY (v_rows) ORDER BY id FOR NO KEY UPDATE;
        END IF;
    END IF;

    IF v_guarded IS NOT NULL THEN
        PERFORM refuse_blocked(v_guarded);
    END IF;
    IF v_serials AND EXISTS (SELECT FROM unnest(f, t, sr, q) AS e(f, t, s, q) WHERE e.s IS NOT NULL
                             GROUP BY e.s HAVING sum(CASE WHEN e.f IS NULL THEN e.q ELSE 0 END) > 1 OR bool_or(e.q <> 1)) THEN
        PERFORM refuse('serial_exists', '{}');
    END IF;

    -- 3. What was promised, now taken.
    IF v_reserving THEN
        WITH taken AS MATERIALIZED (
            SELECT e.r, e.f, sum(e.q) AS q FROM unnest(r, f, q) AS e(r, f, q) WHERE e.r IS NOT NULL GROUP BY e.r, e.f
        ), consumed AS (
            UPDATE reservation v SET quantity = v.quantity - taken.q FROM taken
            WHERE v.id = taken.r AND v.stock_id = taken.f AND v.quantity >= taken.q RETURNING v.id
        )
        SELECT (SELECT count(*) FROM taken) - (SELECT count(*) FROM consumed) INTO v_wrong;
        IF v_wrong <> 0 THEN
            PERFORM refuse('reservation_gone', '{}');
        END IF;
    END IF;

    -- 4. Balances and journal. The chain of a row continues from its last link in entry order. A single entry is written by
    -- three plain statements, its rows in key order, as starting the set-based one costs as much as posting five with it.
    IF cardinality(q) = 1 THEN
        v_taken := CASE WHEN r[1] IS NULL THEN 0 ELSE q[1] END;
        v_body := entry_body(p_posting_id, f[1], t[1], fp[1], tp[1], q[1], w[1], p_cause, d[1], x[1], h[1], p_now, p_actor_id);
        FOR v_turn IN 1..2 LOOP
            IF f[1] IS NOT NULL AND (v_turn = 1) = (t[1] IS NULL OR f[1] < t[1]) THEN
                UPDATE stock s SET quantity = s.quantity - q[1], weight_g = s.weight_g - w[1], reserved = s.reserved - v_taken,
                                   present_serial_id = NULL, chain = chain_step(NULL, s.chain, v_body)
                WHERE s.id = f[1] AND s.quantity - q[1] - (s.reserved - v_taken) - s.held >= 0 AND s.weight_g >= w[1]
                RETURNING s.chain INTO v_digest;
                IF NOT FOUND THEN
                    PERFORM refuse_short(f, t, q, r, w);
                END IF;
            ELSIF t[1] IS NOT NULL AND (v_turn = 2) = (f[1] IS NULL OR f[1] < t[1]) THEN
                IF NOT EXISTS (SELECT FROM stock WHERE id = t[1]) THEN
                    PERFORM open_stock(t, tp, i, o, l, sr, c, a, k, h);
                END IF;
                UPDATE stock s SET quantity = s.quantity + q[1], weight_g = s.weight_g + w[1], present_serial_id = s.serial_id,
                                   first_at = CASE WHEN s.quantity = 0 THEN h[1] ELSE least(s.first_at, h[1]) END,
                                   chain = CASE WHEN f[1] IS NULL THEN chain_step(NULL, s.chain, v_body) ELSE s.chain END
                WHERE s.id = t[1] RETURNING s.chain INTO v_reached;
            END IF;
        END LOOP;
        v_digest := coalesce(v_digest, v_reached);
        INSERT INTO stock_entry (posting_id, from_stock_id, to_stock_id, from_place_id, to_place_id, item_id, owner_id,
                                 quantity, weight_g, cause, document_id, reverses_id, happened_at, recorded_at, actor_id, digest)
        VALUES (p_posting_id, f[1], t[1], fp[1], tp[1], i[1], coalesce(fo[1], o[1]), q[1], w[1], p_cause, d[1], x[1], h[1],
                p_now, p_actor_id, v_digest);
        v_written := 1;
    ELSE
        WITH e AS MATERIALIZED (
            SELECT *, coalesce(u.f, u.t) AS anchor
            FROM unnest(f, t, fp, tp, i, o, fo, q, w, r, d, x, h) WITH ORDINALITY AS u(f, t, fp, tp, i, o, fo, q, w, r, d, x, h, n)
        ), linked AS MATERIALIZED (
            SELECT e.*, chain_digest(s.chain, entry_body(p_posting_id, e.f, e.t, e.fp, e.tp, e.q, e.w, p_cause, e.d, e.x,
                                                         e.h, p_now, p_actor_id))
                            OVER (PARTITION BY e.anchor ORDER BY e.n) AS digest
            FROM e JOIN stock s ON s.id = e.anchor
        ), net AS MATERIALIZED (
            SELECT id, sum(ends.q) AS q, sum(ends.w) AS w, sum(taken) AS taken, min(ends.h) AS h,
                   (array_agg(digest ORDER BY ends.n DESC) FILTER (WHERE digest IS NOT NULL))[1] AS digest
            FROM (
                SELECT e.f AS id, -e.q AS q, -e.w AS w, CASE WHEN e.r IS NULL THEN 0 ELSE e.q END AS taken, e.h, e.n, e.digest
                FROM linked e WHERE e.f IS NOT NULL
                UNION ALL
                SELECT e.t, e.q, e.w, 0, e.h, e.n, CASE WHEN e.f IS NULL THEN e.digest END FROM linked e WHERE e.t IS NOT NULL
            ) ends GROUP BY id
        ), changed AS (
            UPDATE stock s SET
                quantity = s.quantity + net.q, weight_g = s.weight_g + net.w, reserved = s.reserved - net.taken,
                present_serial_id = CASE WHEN s.quantity + net.q > 0 THEN s.serial_id END,
                first_at = CASE WHEN s.quantity = 0 THEN net.h ELSE least(s.first_at, net.h) END,
                chain = coalesce(net.digest, s.chain)
            FROM net
            WHERE s.id = net.id AND s.quantity + net.q - (s.reserved - net.taken) - s.held >= 0 AND s.weight_g + net.w >= 0
            RETURNING s.id
        ), written AS (
            INSERT INTO stock_entry (posting_id, from_stock_id, to_stock_id, from_place_id, to_place_id, item_id, owner_id,
                                     quantity, weight_g, cause, document_id, reverses_id, happened_at, recorded_at, actor_id, digest)
            SELECT p_posting_id, e.f, e.t, e.fp, e.tp, e.i, coalesce(e.fo, e.o), e.q, e.w, p_cause, e.d, e.x, e.h, p_now, p_actor_id,
                   e.digest
            FROM linked e ORDER BY e.n
            RETURNING id
        )
        SELECT (SELECT count(*) FROM net) - (SELECT count(*) FROM changed), (SELECT count(*) FROM written)
        INTO v_wrong, v_written;
        IF v_wrong <> 0 OR v_written <> cardinality(q) THEN
            PERFORM refuse_short(f, t, q, r, w);
        END IF;
    END IF;

    -- 5. The bonded account follows what physically came and went.
    IF v_accounts THEN
        WITH net AS MATERIALIZED (
            SELECT id, sum(ends.q) AS q FROM (
                SELECT e.fa AS id, -e.q AS q FROM unnest(f, fa, q) AS e(f, fa, q) WHERE e.f IS NOT NULL AND e.fa IS NOT NULL
                UNION ALL
                SELECT e.a, e.q FROM unnest(t, a, q) AS e(t, a, q) WHERE e.t IS NOT NULL AND e.a IS NOT NULL
            ) ends GROUP BY id
        )
        UPDATE account_line SET quantity = account_line.quantity + net.q FROM net WHERE account_line.id = net.id AND net.q <> 0;
    END IF;

    -- 6. What a limited place says to what it now holds.
    IF v_limited IS NOT NULL THEN
        PERFORM check_location(p.id) FROM unnest(v_limited) AS p(id);
    END IF;
    IF v_dangerous IS NOT NULL THEN
        PERFORM check_segregation(p.id) FROM unnest(v_dangerous) AS p(id);
    END IF;
    RETURN v_written;
END $$;

-- Refuse when customs or a hold forbids to take from one of these rows.
CREATE OR REPLACE FUNCTION refuse_blocked(p_stock_ids uuid[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    wrong record;
BEGIN
    FOR wrong IN SELECT i.sku, s.customs_status FROM stock s JOIN trade_item i ON i.id = s.item_id
        WHERE s.id = ANY (p_stock_ids) AND s.customs_status IN ('under_inspection', 'detained') LIMIT 1
    LOOP
        PERFORM refuse('customs_blocked', jsonb_build_object('sku', wrong.sku, 'customs_status', wrong.customs_status));
    END LOOP;
    IF EXISTS (SELECT FROM stock_hold WHERE released_at IS NULL) THEN
        FOR wrong IN SELECT i.sku, h.reason FROM (SELECT DISTINCT id FROM unnest(p_stock_ids) AS g(id)) g
            JOIN stock s ON s.id = g.id AND is_held(s) JOIN trade_item i ON i.id = s.item_id
            CROSS JOIN LATERAL holds_on(g.id) h LIMIT 1
        LOOP
            PERFORM refuse('on_hold', jsonb_build_object('sku', wrong.sku, 'reason', wrong.reason));
        END LOOP;
    END IF;
END $$;

-- Refuse a posting and name the first row that has too little.
CREATE OR REPLACE FUNCTION refuse_short(f uuid[], t uuid[], q numeric[], r uuid[], w bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    wrong record;
BEGIN
    -- Rows that could be changed are changed by now (their xmin is this transaction's); the others are what was too little.
    FOR wrong IN
        SELECT i.sku, coalesce(l.name, u.sscc, u.label, '') AS place, net.id, -net.q AS wanted,
               s.quantity - s.reserved - s.held AS available, s.reserved, s.held
        FROM (
            SELECT ends.id, sum(ends.q) AS q, sum(taken) AS taken, sum(ends.w) AS w FROM (
                SELECT e.f AS id, -e.q AS q, -e.w AS w, CASE WHEN e.r IS NULL THEN 0 ELSE e.q END AS taken
                FROM unnest(f, q, r, w) AS e(f, q, r, w) WHERE e.f IS NOT NULL
                UNION ALL SELECT e.t, e.q, e.w, 0 FROM unnest(t, q, w) AS e(t, q, w) WHERE e.t IS NOT NULL
            ) ends GROUP BY ends.id
        ) net
        LEFT JOIN stock s ON s.id = net.id LEFT JOIN trade_item i ON i.id = s.item_id
        LEFT JOIN location l ON l.id = s.place_id LEFT JOIN unit u ON u.id = s.place_id
        WHERE s.id IS NULL OR ((s.xmin <> pg_current_xact_id()::xid OR s.quantity = 0)
              AND (s.quantity + net.q - (s.reserved - net.taken) - s.held < 0 OR s.weight_g + net.w < 0))
        ORDER BY net.id LIMIT 1
    LOOP
        PERFORM refuse('insufficient_stock', jsonb_build_object(
            'sku', coalesce(wrong.sku, ''), 'place', coalesce(wrong.place, ''), 'wanted', trim_scale(wrong.wanted)::text,
            'available', trim_scale(greatest(coalesce(wrong.available, 0), 0))::text,
            'reserved', trim_scale(coalesce(wrong.reserved, 0))::text, 'held', trim_scale(coalesce(wrong.held, 0))::text));
    END LOOP;
    PERFORM refuse('insufficient_stock', jsonb_build_object(
        'sku', '', 'place', '', 'wanted', '', 'available', '0', 'reserved', '0', 'held', '0'));
END $$;

-- Reserve: all of p_wants [{"id": reservation, "s": stock row, "d": demand, "q": quantity}] or nothing.
CREATE OR REPLACE FUNCTION reserve_stock(p_wants jsonb, p_now timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_missing integer;
BEGIN
    PERFORM FROM stock WHERE id IN (SELECT w.s FROM jsonb_to_recordset(p_wants) AS w(s uuid)) ORDER BY id FOR NO KEY UPDATE;
    PERFORM refuse_blocked(ARRAY(SELECT w.s FROM jsonb_to_recordset(p_wants) AS w(s uuid)));
    WITH net AS (SELECT w.s AS id, sum(w.q) AS q FROM jsonb_to_recordset(p_wants) AS w(s uuid, q numeric(18, 6)) GROUP BY w.s),
    changed AS (
        UPDATE stock SET reserved = reserved + net.q FROM net
        WHERE stock.id = net.id AND stock.quantity - stock.reserved - stock.held >= net.q RETURNING stock.id
    )
    SELECT (SELECT count(*) FROM net) - (SELECT count(*) FROM changed) INTO v_missing;
    IF v_missing <> 0 THEN
        PERFORM refuse('insufficient_stock', coalesce((
            SELECT jsonb_build_object('sku', i.sku, 'wanted', trim_scale(net.q)::text, 'place', coalesce(l.name, u.sscc, u.label, ''),
                'available', trim_scale(s.quantity - s.reserved - s.held)::text,
                'reserved', trim_scale(s.reserved)::text, 'held', trim_scale(s.held)::text)
            FROM (SELECT w.s AS id, sum(w.q) AS q FROM jsonb_to_recordset(p_wants) AS w(s uuid, q numeric(18, 6)) GROUP BY w.s) net
            JOIN stock s ON s.id = net.id JOIN trade_item i ON i.id = s.item_id
            LEFT JOIN location l ON l.id = s.place_id LEFT JOIN unit u ON u.id = s.place_id
            WHERE s.quantity - s.reserved - s.held < net.q ORDER BY s.id LIMIT 1), '{}'));
    END IF;
    INSERT INTO reservation (id, stock_id, demand_id, quantity, created_at)
    SELECT w.id, w.s, w.d, w.q, p_now FROM jsonb_to_recordset(p_wants) AS w(id uuid, s uuid, d uuid, q numeric(18, 6));
END $$;

-- Give back what reservations still hold.
CREATE OR REPLACE FUNCTION release_reservations(p_ids uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM stock WHERE id IN (SELECT stock_id FROM reservation WHERE id = ANY (p_ids)) ORDER BY id FOR NO KEY UPDATE;
    WITH freed AS (
        SELECT id, stock_id, quantity FROM reservation WHERE id = ANY (p_ids) AND quantity > 0 ORDER BY id FOR UPDATE
    ), net AS (SELECT stock_id, sum(quantity) AS q FROM freed GROUP BY stock_id),
    lowered AS (UPDATE stock SET reserved = reserved - net.q FROM net WHERE stock.id = net.stock_id)
    UPDATE reservation SET quantity = 0 FROM freed WHERE reservation.id = freed.id;
END $$;

-- Change the held part of stock rows [{"s": stock row, "q": more (or, negative, less)}]; all or nothing.
CREATE OR REPLACE FUNCTION hold_quantity(p_changes jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_missing integer;
BEGIN
    PERFORM FROM stock WHERE id IN (SELECT w.s FROM jsonb_to_recordset(p_changes) AS w(s uuid)) ORDER BY id FOR NO KEY UPDATE;
    WITH net AS (SELECT w.s AS id, sum(w.q) AS q FROM jsonb_to_recordset(p_changes) AS w(s uuid, q numeric(18, 6)) GROUP BY w.s),
    changed AS (
        UPDATE stock SET held = held + net.q FROM net
        WHERE stock.id = net.id AND stock.held + net.q >= 0 AND stock.quantity - stock.reserved - stock.held >= net.q
        RETURNING stock.id
    )
    SELECT (SELECT count(*) FROM net) - (SELECT count(*) FROM changed) INTO v_missing;
    IF v_missing <> 0 THEN
        PERFORM refuse('insufficient_stock', coalesce((
            SELECT jsonb_build_object('sku', i.sku, 'wanted', trim_scale(net.q)::text, 'place', coalesce(l.name, u.sscc, u.label, ''),
                'available', trim_scale(s.quantity - s.reserved - s.held)::text,
                'reserved', trim_scale(s.reserved)::text, 'held', trim_scale(s.held)::text)
            FROM (SELECT w.s AS id, sum(w.q) AS q FROM jsonb_to_recordset(p_changes) AS w(s uuid, q numeric(18, 6)) GROUP BY w.s) net
            JOIN stock s ON s.id = net.id JOIN trade_item i ON i.id = s.item_id
            LEFT JOIN location l ON l.id = s.place_id LEFT JOIN unit u ON u.id = s.place_id
            WHERE s.held + net.q < 0 OR s.quantity - s.reserved - s.held < net.q ORDER BY s.id LIMIT 1), '{}'));
    END IF;
END $$;

-- Post entries of held goods: let go, posted and held again at the other end as one. The locks are taken in the one order
-- before anything is let go, so that nobody takes the goods in between. Every entry has both ends.
CREATE OR REPLACE FUNCTION post_held(
    p_entries jsonb, p_posting_id uuid, p_cause text, p_actor_id uuid, p_now timestamptz
) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_written integer;
BEGIN
    PERFORM FROM account_line WHERE id IN (
        SELECT e.a FROM jsonb_to_recordset(p_entries) AS e(a uuid)
        UNION SELECT e.fa FROM jsonb_to_recordset(p_entries) AS e(fa uuid)) ORDER BY id FOR UPDATE;
    PERFORM FROM location WHERE id IN (
        SELECT coalesce(u.location_id, e.tp) FROM jsonb_to_recordset(p_entries) AS e(tp uuid) LEFT JOIN unit u ON u.id = e.tp
    ) ORDER BY id FOR NO KEY UPDATE;
    PERFORM FROM stock WHERE id IN (
        SELECT e.f FROM jsonb_to_recordset(p_entries) AS e(f uuid)
        UNION SELECT e.t FROM jsonb_to_recordset(p_entries) AS e(t uuid)) ORDER BY id FOR NO KEY UPDATE;
    PERFORM hold_quantity((SELECT jsonb_agg(jsonb_build_object('s', e.f, 'q', -e.q))
                           FROM jsonb_to_recordset(p_entries) AS e(f uuid, q numeric(18, 6))));
    v_written := post_stock(p_entries, p_posting_id, p_cause, p_actor_id, p_now);
    PERFORM hold_quantity((SELECT jsonb_agg(jsonb_build_object('s', e.t, 'q', e.q))
                           FROM jsonb_to_recordset(p_entries) AS e(t uuid, q numeric(18, 6))));
    RETURN v_written;
END $$;

-- A posting that is a transaction of its own: the key is claimed, the facts told and the entries posted in one statement.
-- A repeated key gives the first answer again; with another command it is refused.
CREATE OR REPLACE FUNCTION post_once(
    p_key text, p_digest text, p_answer jsonb, p_entries jsonb, p_owners uuid[], p_site text,
    p_posting_id uuid, p_cause text, p_actor_id uuid, p_now timestamptz
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    kept record;
BEGIN
    IF p_key IS NOT NULL THEN
        INSERT INTO kept_answer (actor_id, key, digest, answer, at) VALUES (p_actor_id, p_key, p_digest, p_answer, p_now)
        ON CONFLICT DO NOTHING;
        IF NOT FOUND THEN
            SELECT digest, answer INTO kept FROM kept_answer WHERE actor_id = p_actor_id AND key = p_key;
            IF kept.digest <> p_digest THEN
                PERFORM refuse('key_reused', '{}');
            END IF;
            RETURN kept.answer;
        END IF;
    END IF;
    INSERT INTO fact (kind, subject, site, owner_id, actor_id, recorded_at, data)
    SELECT 'stock.posted', p_posting_id::text, p_site, o, p_actor_id, p_now,
           jsonb_build_object('cause', p_cause, 'entries', jsonb_array_length(p_entries))
    FROM unnest(p_owners) AS owners(o);
    PERFORM post_stock(p_entries, p_posting_id, p_cause, p_actor_id, p_now, p_site);
    RETURN p_answer;
END $$;
