"""The laws of inspection, each a query for what contradicts it."""

INSPECTION_LAWS = {
    "nothing leaves inspection without a verdict": """
        SELECT s.id::text, format('is released, its last verdict is %s', coalesce(v.verdict, 'none'))
        FROM inspection_scan s LEFT JOIN LATERAL
            (SELECT verdict FROM inspection_verdict WHERE scan_id = s.id ORDER BY id DESC LIMIT 1) v ON true
        WHERE s.state = 'released' AND v.verdict IS DISTINCT FROM 'RELEASE'
        UNION ALL
        SELECT s.id::text, format('is %s, and parcel %s is open', s.state, p.id)
        FROM inspection_scan s JOIN parcel p ON p.id = s.parcel_id
        WHERE s.state IN ('open', 'review', 'unpack', 'detained') AND p.blocked_by IS NULL
        UNION ALL
        SELECT s.id::text, format('is %s, and its hold is lifted', s.state)
        FROM inspection_scan s JOIN stock_hold h ON h.id = s.hold_id
        WHERE s.state IN ('open', 'review', 'unpack', 'detained') AND h.released_at IS NOT NULL""",
    "a release names who looked, and the look was in time": """
        SELECT v.scan_id::text, format('verdict %s by %s', v.id, v.level)
        FROM inspection_verdict v JOIN inspection_scan s ON s.id = v.scan_id
        LEFT JOIN inspection_review r ON r.id = v.review_id AND r.scan_id = v.scan_id
        LEFT JOIN inspection_opening o ON o.id = v.opening_id AND o.scan_id = v.scan_id
        WHERE v.verdict = 'RELEASE' AND CASE v.level
            WHEN 'machine' THEN s.machine IS DISTINCT FROM 'CLEAR' OR s.alarmed
            WHEN 'customs' THEN v.reference IS NULL
            WHEN 'opening' THEN o.outcome IS DISTINCT FROM 'nothing'
            WHEN 'reviewer' THEN r.decision IS DISTINCT FROM 'clear' OR r.tip IS NOT NULL OR r.leased_by <> v.actor_id
                OR r.closed_at >= s.deadline_at OR r.painted_at IS NULL OR s.alarmed
            WHEN 'second' THEN r.decision IS DISTINCT FROM 'clear' OR r.tip IS NOT NULL OR r.leased_by <> v.actor_id
                OR r.closed_at >= s.deadline_at OR r.painted_at IS NULL OR r.level <> 2
            ELSE true END""",
    "nobody releases after a timeout but an opening or customs": """
        SELECT v.scan_id::text, format('verdict %s by %s after verdict %s', v.id, v.level, t.id)
        FROM inspection_verdict v JOIN inspection_verdict t ON t.scan_id = v.scan_id AND t.level = 'timeout' AND t.id < v.id
        WHERE v.verdict = 'RELEASE' AND v.level NOT IN ('opening', 'customs')
        UNION ALL
        SELECT scan_id::text, 'a timeout gave ' || verdict FROM inspection_verdict
        WHERE level = 'timeout' AND verdict <> 'UNPACK'""",
    "two looks at an image are two people's": """
        SELECT one.scan_id::text, format('reviews %s and %s', one.id, two.id)
        FROM inspection_review one JOIN inspection_review two ON two.scan_id = one.scan_id AND two.id > one.id
        WHERE one.state = 'done' AND two.state = 'done' AND one.tip IS NULL AND two.tip IS NULL
            AND (one.leased_by = two.leased_by OR one.level = two.level)""",
    "a projection decides nothing": """
        SELECT v.scan_id::text, format('verdict %s comes from a projected threat', v.id)
        FROM inspection_verdict v JOIN inspection_review r ON r.id = v.review_id WHERE r.tip IS NOT NULL
        UNION ALL
        SELECT s.id::text, 'a threat was projected over an alarm'
        FROM inspection_review r JOIN inspection_scan s ON s.id = r.scan_id WHERE r.tip IS NOT NULL AND s.alarmed""",
    "every verdict is in the audit trail": """
        SELECT v.scan_id::text, format('%s verdicts, %s entries', count(*), max(a.n))
        FROM inspection_verdict v LEFT JOIN LATERAL
            (SELECT count(*) AS n FROM audit_entry WHERE action = 'inspection.verdict' AND subject = v.scan_id::text) a ON true
        GROUP BY v.scan_id HAVING count(*) <> coalesce(max(a.n), 0)""",
}
