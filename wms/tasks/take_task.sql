-- Taking work in one round trip. Fifty people who ask at once wait for a queue of statements, not for each other's locks.
--
-- Expired leases are opened first (rows that somebody is just renewing are skipped, not waited for). Then the first of the
-- queue is locked with SKIP LOCKED, or, when the person says where he stands, the nearest of the equally urgent. Only a short
-- range of ix_task_queue is read, however long the queue is. NULL kinds, zones or owners: all of them.

-- Whether a task may be offered: of the wished kinds and zones, of an owner of theirs, promised to nobody else. One
-- expression, so that the planner writes it into the queries.
CREATE OR REPLACE FUNCTION may_take(
    t task, p_kinds text[], p_zones text[], p_owners uuid[], p_actor_id uuid
) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT (p_kinds IS NULL OR t.kind = ANY (p_kinds)) AND (p_zones IS NULL OR t.zone = ANY (p_zones))
       AND (p_owners IS NULL OR t.owner_id = ANY (p_owners)) AND (t.assigned_to IS NULL OR t.assigned_to = p_actor_id)
$$;

CREATE OR REPLACE FUNCTION take_task(
    p_site text, p_kinds text[], p_zones text[], p_owners uuid[], p_near text, p_actor_id uuid, p_device text,
    p_lease_s integer, p_now timestamptz
) RETURNS jsonb LANGUAGE plpgsql SET timezone = 'UTC' AS $$
DECLARE
    v_id uuid;
    v_here integer;
    v_priority integer;
    v_due_at timestamptz;
    v_neighbours uuid[];
    v_taken jsonb;
BEGIN
    UPDATE task SET state = 'open', lease_until = NULL WHERE id IN (
        SELECT id FROM task WHERE site = p_site AND state = 'leased' AND lease_until <= p_now LIMIT 100
        FOR UPDATE SKIP LOCKED
    );
    IF p_near IS NOT NULL THEN
        SELECT path_order INTO v_here FROM location WHERE site = p_site AND name = p_near AND NOT virtual;
        IF NOT FOUND THEN
            PERFORM refuse('unknown_location', jsonb_build_object('location', p_near));
        END IF;
    END IF;
    IF v_here IS NOT NULL THEN
        SELECT priority, due_at INTO v_priority, v_due_at FROM task t
        WHERE site = p_site AND state = 'open' AND may_take(t, p_kinds, p_zones, p_owners, p_actor_id)
        ORDER BY priority DESC, due_at, path_order, id LIMIT 1;
        -- 60 neighbours on either side are more than the people who may ask at one moment in one place. `=` and IS NULL use
        -- the index, IS NOT DISTINCT FROM does not: hence four arms, of which two are never read. IS NULL
        -- does not tell the planner that due_at is one value: hence it stands in the order.
        SELECT array_agg(id) INTO v_neighbours FROM (
            (SELECT id FROM task t WHERE site = p_site AND state = 'open' AND priority = v_priority
                AND due_at = v_due_at AND path_order >= v_here AND may_take(t, p_kinds, p_zones, p_owners, p_actor_id)
             ORDER BY path_order, id LIMIT 60)
            UNION ALL
            (SELECT id FROM task t WHERE site = p_site AND state = 'open' AND priority = v_priority
                AND due_at = v_due_at AND path_order < v_here AND may_take(t, p_kinds, p_zones, p_owners, p_actor_id)
             ORDER BY path_order DESC, id DESC LIMIT 60)
            UNION ALL
            (SELECT id FROM task t WHERE v_due_at IS NULL AND site = p_site AND state = 'open' AND priority = v_priority
                AND due_at IS NULL AND path_order >= v_here AND may_take(t, p_kinds, p_zones, p_owners, p_actor_id)
             ORDER BY due_at, path_order, id LIMIT 60)
            UNION ALL
            (SELECT id FROM task t WHERE v_due_at IS NULL AND site = p_site AND state = 'open' AND priority = v_priority
                AND due_at IS NULL AND path_order < v_here AND may_take(t, p_kinds, p_zones, p_owners, p_actor_id)
             ORDER BY due_at DESC, path_order DESC, id DESC LIMIT 60)
        ) near;
        SELECT id INTO v_id FROM task WHERE id = ANY (v_neighbours) AND state = 'open'
        ORDER BY abs(path_order - v_here), id LIMIT 1 FOR UPDATE SKIP LOCKED;
    END IF;
    IF v_id IS NULL THEN
        SELECT id INTO v_id FROM task t
        WHERE site = p_site AND state = 'open' AND may_take(t, p_kinds, p_zones, p_owners, p_actor_id)
        ORDER BY priority DESC, due_at, path_order, id LIMIT 1 FOR UPDATE SKIP LOCKED;
    END IF;
    UPDATE task SET state = 'leased', leased_by = p_actor_id, device = p_device, leases = leases + 1,
                    lease_until = p_now + make_interval(secs => p_lease_s)
    WHERE id = v_id RETURNING to_jsonb(task) INTO v_taken;
    RETURN v_taken || jsonb_build_object(
        'location', (SELECT name FROM location WHERE id = (v_taken ->> 'location_id')::uuid)
    );
END $$;
