SELECT `arm`, `the "age"`, `sex`,
  COUNT(*) AS funn_n, AVG(CAST(`y` AS FLOAT64)) AS funn_mean, VAR_POP(CAST(`y` AS FLOAT64)) AS funn_variance
FROM `zone.trial`
WHERE `arm` IS NOT NULL
  AND `the "age"` IS NOT NULL
  AND `sex` IS NOT NULL
  AND `y` IS NOT NULL
  AND `office` IS NOT NULL
  AND CAST(`sex` AS STRING) IN ('kvinne', 'it\'s', 'back\\slash')
GROUP BY `arm`, `the "age"`, `sex`
ORDER BY `arm`, `the "age"`, `sex`

SELECT `office`, COUNT(*) AS funn_n,
  SUM(e) AS funn_score_0,
  SUM(e * CAST(`arm` AS FLOAT64)) AS funn_score_1,
  SUM(e * CAST(`the "age"` AS FLOAT64)) AS funn_score_2,
  SUM(e * CASE WHEN `sex` = 'kvinne' THEN 1 ELSE 0 END) AS funn_score_3,
  SUM(e * CASE WHEN `sex` = 'ukjent' THEN 1 ELSE 0 END) AS funn_score_4
FROM (
  SELECT `office`, `arm`, `the "age"`, `sex`,
    CAST(`y` AS FLOAT64)
    - CAST(1e+01 AS FLOAT64)
    - CAST(2e+00 AS FLOAT64) * CAST(`arm` AS FLOAT64)
    - CAST(-2.5e-01 AS FLOAT64) * CAST(`the "age"` AS FLOAT64)
    - CAST(0e+00 AS FLOAT64) * CASE WHEN `sex` = 'kvinne' THEN 1 ELSE 0 END
    - CAST(0e+00 AS FLOAT64) * CASE WHEN `sex` = 'ukjent' THEN 1 ELSE 0 END AS e
  FROM `zone.trial`
  WHERE `arm` IS NOT NULL
    AND `the "age"` IS NOT NULL
    AND `sex` IS NOT NULL
    AND `y` IS NOT NULL
    AND `office` IS NOT NULL
    AND CAST(`sex` AS STRING) IN ('kvinne', 'it\'s', 'back\\slash')
) AS rows_used
GROUP BY `office`
ORDER BY `office`
